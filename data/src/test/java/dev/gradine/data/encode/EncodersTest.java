package dev.gradine.data.encode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.DataSet;
import dev.gradine.data.Passage;
import dev.gradine.data.Row;
import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.chat.Message;
import dev.gradine.data.token.ByteTokenizer;
import dev.gradine.data.token.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Sequences and masks over a byte tokenizer and ChatML, where every token can be read off the text.
class EncodersTest {
    private static final Tokenizer TOKENIZER = ByteTokenizer.chatMl();
    private static final TextCodec CODEC = new TextCodec(TOKENIZER, ChatTemplate.named("chatml"));
    private static final List<Message> TURNS = List.of(
            new Message("user", "Hi"),
            new Message("assistant", "Hé!"),
            new Message("user", "1+1?"),
            new Message("assistant", "2"));

    private static LabelledTokens sft(LossMask mask, Row row) {
        return new SftEncoder(CODEC, mask, 512).encode(row);
    }

    /// What is learnt, with a `|` where learnt stretches are apart.
    private static String learnt(LabelledTokens e) {
        var out = new StringBuilder();
        int[] labels = e.labels();
        for (int i = 0; i < labels.length; ) {
            int from = i;
            while (i < labels.length && labels[i] >= 0) i++;
            if (i > from)
                out.append(TOKENIZER.decode(Arrays.copyOfRange(labels, from, i), false))
                        .append('|');
            i++;
        }
        return out.toString();
    }

    private static Passage turn(String role, String content) {
        return new Passage.Turns(List.of(new Message(role, content)));
    }

    @Test
    void text_that_is_not_unicode_does_no_harm() {
        assertThat(learnt(sft(LossMask.AUTO, new Row.Text("a\uD83Db\0c")))).isEqualTo("a?b\0c<|im_end|>|");
    }

    @Test
    void text_is_learnt_whole_with_one_end() {
        assertThat(learnt(sft(LossMask.AUTO, new Row.Text("abc")))).isEqualTo("abc<|im_end|>|");
        assertThat(learnt(sft(LossMask.AUTO, new Row.Text("abc<|im_end|>")))).isEqualTo("abc<|im_end|>|");
    }

    @Test
    void a_completion_is_learnt_from_its_first_to_its_last_token() {
        var row = new Row.Completion(new Passage.Text("Q:"), new Passage.Text(" é"), Map.of());
        LabelledTokens e = sft(LossMask.AUTO, row);
        assertThat(learnt(e)).isEqualTo(" é<|im_end|>|");
        assertThat(e.labels()).startsWith(-100, -100).doesNotContain(TOKENIZER.pad());
        assertThat(e.labels()[2]).isEqualTo(e.ids()[2]);
        assertThat(learnt(sft(LossMask.ALL, row))).isEqualTo("Q: é<|im_end|>|");
        var chat = new Row.Completion(turn("user", "q"), turn("assistant", "a"), Map.of());
        assertThat(learnt(sft(LossMask.COMPLETION, chat))).isEqualTo("a<|im_end|>\n|");
    }

    @Test
    void the_assistants_turns_are_learnt_with_their_end_and_nothing_else() {
        assertThat(learnt(sft(LossMask.ASSISTANT, new Row.Chat(TURNS, Map.of()))))
                .isEqualTo("Hé!<|im_end|>|2<|im_end|>|");
    }

    @Test
    void the_assistants_turns_of_a_prompt_are_not_learnt() {
        var row = new Row.Completion(
                new Passage.Turns(TURNS.subList(0, 3)), new Passage.Turns(TURNS.subList(3, 4)), Map.of());
        assertThat(learnt(sft(LossMask.ASSISTANT, row))).isEqualTo("2<|im_end|>|");
    }

    @Test
    void a_mask_that_is_off_by_one_token_would_be_seen() {
        LabelledTokens e = sft(LossMask.ASSISTANT, new Row.Chat(TURNS, Map.of()));
        int[] shifted = new int[e.tokens()];
        Arrays.fill(shifted, -100);
        for (int i = 1; i < shifted.length; i++) if (e.labels()[i - 1] >= 0) shifted[i] = e.ids()[i];
        assertThat(learnt(new LabelledTokens(e.ids(), shifted))).isNotEqualTo("Hé!<|im_end|>|2<|im_end|>|");
    }

    @Test
    void generation_blocks_decide_where_the_template_has_them() {
        ChatTemplate marked = ChatTemplate.parse("{% for m in messages %}<|im_start|>{{ m.role }}:"
                + "{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}"
                + "{% else %}{{ m.content }}{% endif %}<|im_end|>{% endfor %}");
        var encoder = new SftEncoder(new TextCodec(TOKENIZER, marked), LossMask.ASSISTANT, 512);
        assertThat(learnt(encoder.encode(new Row.Chat(TURNS, Map.of())))).isEqualTo("Hé!|2|");
    }

    @Test
    void a_template_that_rewrites_earlier_turns_is_searched() {
        ChatTemplate thinking = ChatTemplate.parse("{% for m in messages %}<|im_start|>{{ m.role }}:"
                + "{% if m.role == 'assistant' and loop.last %}<t></t>{% endif %}{{ m.content }}<|"
                + "im_end|>\n{% endfor %}"
                + "{% if add_generation_prompt %}<|im_start|>assistant:{% endif %}");
        var encoder = new SftEncoder(new TextCodec(TOKENIZER, thinking), LossMask.ASSISTANT, 512);
        assertThat(learnt(encoder.encode(new Row.Chat(TURNS, Map.of()))))
                .isEqualTo("Hé!<|im_end|>|<t></t>2<|im_end|>|");
    }

    @Test
    void long_sequences_keep_their_start_and_rows_without_a_target_are_dropped() {
        var row = new Row.Completion(new Passage.Text("0123456789"), new Passage.Text("abc"), Map.of());
        var encoder = new SftEncoder(CODEC, LossMask.AUTO, 12);
        assertThat(learnt(encoder.encode(row))).isEqualTo("ab|");
        var longer = new Row.Completion(new Passage.Text("0123456789ab"), new Passage.Text("c"), Map.of());
        var encoded = encoder.encode(DataSet.of("d", List.of(row, longer)));
        assertThat(encoded.examples()).hasSize(1);
        assertThat(encoded.counts().leftOut()).isEqualTo(1);
        assertThatThrownBy(() -> encoder.encode(DataSet.of("d", List.of(longer))))
                .hasMessage("d: nothing to learn within 12 tokens in any of 1 rows");
    }

    @Test
    void a_pair_shares_its_prompt_and_ends_both_answers() {
        var row = new Row.Preference(
                new Passage.Text("Q:"), new Passage.Text("yes"), new Passage.Text("no<|im_end|>"), Map.of());
        Pair e = new PreferenceEncoder(CODEC, 6).encode(row);
        assertThat(TOKENIZER.decode(e.chosen().ids(), false)).isEqualTo("Q:yes<|im_end|>");
        assertThat(TOKENIZER.decode(e.rejected().ids(), false)).isEqualTo("Q:no<|im_end|>");
        assertThat(learnt(e.chosen())).isEqualTo("yes<|im_end|>|");
        assertThat(learnt(e.rejected())).isEqualTo("no<|im_end|>|");
        assertThat(e.chosen().promptTokens()).isEqualTo(2);
        Pair cut = new PreferenceEncoder(CODEC, 4).encode(row);
        assertThat(learnt(cut.chosen())).isEqualTo("ye|");
        assertThatThrownBy(() -> new PreferenceEncoder(CODEC, 2).encode(row))
                .hasMessage("prompt has 2 tokens, expected fewer than max length 2");
    }

    @Test
    void closed_sequences_begin_with_bos_and_end_with_eos_once() {
        var row = new Row.Preference(turn("user", "q"), turn("assistant", "yes"), turn("assistant", "no"), Map.of());
        Pair open = new PreferenceEncoder(CODEC, 512).encode(row);
        Pair closed = new PreferenceEncoder(CODEC, Ends.CLOSED, 512).encode(row);
        assertThat(learnt(open.chosen())).isEqualTo("yes<|im_end|>\n|");
        assertThat(learnt(closed.chosen())).isEqualTo("yes<|im_end|>\n<|im_end|>|");
        int bos = TOKENIZER.hasBos() ? 1 : 0;
        assertThat(closed.chosen().promptTokens()).isEqualTo(open.chosen().promptTokens() + bos);
        Passage no = new Passage.Text("no");
        var text = new Row.Preference(new Passage.Text("Q:"), new Passage.Text("yes"), no, Map.of());
        assertThat(learnt(new PreferenceEncoder(CODEC, Ends.CLOSED, 512)
                        .encode(text)
                        .rejected()))
                .isEqualTo("no<|im_end|>|");
    }

    private static Row.Judged judged(String prompt, String answer) {
        return new Row.Judged(new Passage.Text(prompt), new Passage.Text(answer), answer.startsWith("y"), Map.of());
    }

    private static String text(LabelledTokens l) {
        return TOKENIZER.decode(l.ids(), true);
    }

    @Test
    void strangers_are_the_answers_before_within_each_group() {
        Row alone = judged("e", "m");
        DataSet rows = DataSet.of(
                "d", List.of(judged("a", "yes"), judged("b", "no"), judged("c", "y"), judged("d", "n"), alone));
        List<Judged> made = new JudgedEncoder(CODEC, 5, 2).encode(rows).examples();
        assertThat(made.stream().map(j -> text(j.answer()))).containsExactly("ayes", "bno", "cy", "dn", "em");
        assertThat(made.stream().map(j -> text(j.stranger()))).containsExactly("ano", "byes", "cn", "dy", "en");
        assertThat(made.stream().map(Judged::desirable)).containsExactly(true, false, true, false, false);
        assertThat(learnt(made.getFirst().stranger())).isEqualTo("no<|im_end|>|");
        List<Judged> without = new JudgedEncoder(CODEC, 5, JudgedEncoder.NO_STRANGERS)
                .encode(rows)
                .examples();
        assertThat(without).allMatch(j -> j.stranger().equals(j.answer()));
    }

    @Test
    void a_strangers_answer_is_cut_where_the_own_is() {
        DataSet rows = DataSet.of("d", List.of(judged("abc", "y"), judged("d", "none")));
        Judged first = new JudgedEncoder(CODEC, 5, 2).encode(rows).examples().getFirst();
        assertThat(text(first.stranger())).isEqualTo("abcno");
    }

    @Test
    void a_judged_answer_needs_another_to_be_compared_with() {
        DataSet one = DataSet.of("d", List.of(judged("a", "yes")));
        assertThatThrownBy(() -> new JudgedEncoder(CODEC, 9, 2).encode(one))
                .hasMessage("d: has 1 judged answer, expected at least 2 (one is compared with the answer to another"
                        + " prompt)");
        assertThatThrownBy(() -> new JudgedEncoder(CODEC, 9, 1))
                .hasMessage("batch: 1, expected at least 2 (an answer is compared with one to another prompt)");
        assertThatThrownBy(() -> new JudgedEncoder(CODEC, 9, 2).make(new Row.Text("a")))
                .hasMessage("row has no judged answer, expected prompt + completion + label");
        assertThatThrownBy(() -> sft(LossMask.AUTO, judged("a", "yes")))
                .hasMessage("row is a judged answer, expected one without label (training on a row labelled false"
                        + " would teach it)");
    }

    /// Rows of a matrix that no token has a text for: models fill it up to a round number.
    @Test
    void token_rows_may_use_all_ids_that_the_model_takes() {
        var encoder = new SftEncoder(CODEC.within(264), LossMask.AUTO, 9);
        var padded = new Row.Tokens(new int[] {1, 263}, new int[] {-100, 263});
        assertThat(encoder.encode(padded).ids()).containsExactly(1, 263);
        assertThatThrownBy(() -> encoder.encode(new Row.Tokens(new int[] {264}, new int[] {-100})))
                .hasMessage("field input_ids[0] is 264, expected below the vocabulary size 264");
    }

    @Test
    void rows_that_do_not_fit_are_named() {
        var encoder = new SftEncoder(CODEC, LossMask.AUTO, 9);
        var tokens = new Row.Tokens(new int[] {1, 2}, new int[] {-100, 260});
        assertThatThrownBy(() -> encoder.encode(DataSet.of("d.jsonl", List.of(tokens))))
                .hasMessage("d.jsonl: row 1: field labels[1] is 260, expected -100 or below the vocabulary size 260");
        var pair = new Row.Preference(new Passage.Text("q"), new Passage.Text("a"), new Passage.Text("b"), Map.of());
        assertThatThrownBy(() -> encoder.encode(pair))
                .hasMessage("row is a preference pair, expected text, a conversation or a prompt with its completion");
        assertThatThrownBy(() -> new PreferenceEncoder(CODEC, 9).encode(new Row.Text("a")))
                .hasMessage("row has no chosen and rejected answer, expected a preference pair");
        var bare = new SftEncoder(new TextCodec(TOKENIZER, ChatTemplate.absent()), LossMask.AUTO, 9);
        assertThatThrownBy(() -> bare.encode(new Row.Chat(TURNS, Map.of())))
                .hasMessage("the model has no chat template, so it cannot render a conversation;"
                        + " give it one with --chat-template, for example --chat-template chatml");
        assertThatThrownBy(() -> new SftEncoder(CODEC, LossMask.ASSISTANT, 9).encode(new Row.Text("a")))
                .hasMessage("row is plain text, expected a conversation (because the mask is assistant)");
    }
}
