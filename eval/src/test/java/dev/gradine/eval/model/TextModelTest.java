package dev.gradine.eval.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.data.token.Llama2cTokenizer;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.eval.model.Response.Likelihood;
import dev.gradine.eval.model.Response.Written;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.TinyText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Requests become tokens by lm-evaluation-harness's rules. The tokenizer is that of the story model,
/// which adds BOS.
class TextModelTest {

    private final List<LabelledTokens> seen = new ArrayList<>();
    private final List<int[]> prompts = new ArrayList<>();
    private TextCodec codec = new TextCodec(tokenizer(), ChatTemplate.parse(TinyText.TEMPLATE));

    private static Tokenizer tokenizer() {
        try {
            return Llama2cTokenizer.read(Golden.shared("assets/models/stories260K/tok512.bin"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Remembers what it is asked, and writes the tokens of a given text.
    private final class Listening implements TokenModel {
        private final int max;
        private final String says;

        Listening(int max, String says) {
            this.max = max;
            this.says = says;
        }

        @Override
        public int maxTokens() {
            return max;
        }

        @Override
        public List<List<Likelihood>> score(List<List<LabelledTokens>> groups, IntConsumer done) {
            groups.forEach(seen::addAll);
            return groups.stream()
                    .map(g -> g.stream()
                            .map(l -> new Likelihood(-l.predicted(), true, l.predicted()))
                            .toList())
                    .toList();
        }

        @Override
        public List<int[]> write(List<int[]> given, GenerationRule rule, OnToken onToken) {
            prompts.addAll(given);
            List<int[]> all = new ArrayList<>();
            for (int p = 0; p < given.size(); p++) {
                int[] text = codec.tokenizer().encode(says, false);
                int n = 0;
                while (n < text.length && onToken.goesOn(p, text[n])) n++;
                all.add(IntStream.of(text).limit(n + 1L).toArray());
            }
            return all;
        }
    }

    @BeforeEach
    void forget() {
        seen.clear();
        prompts.clear();
    }

    private LabelledTokens asked(int max, BosRule bos, String context, String continuation) {
        new TextModel(new Listening(max, ""), codec, bos)
                .answer(List.of(List.of(new Request.LogLikelihood(context, continuation))), _ -> {});
        return seen.getLast();
    }

    @Test
    void context_and_continuation_are_encoded_as_one_text() {
        LabelledTokens l = asked(100, BosRule.AUTO, "One day, a girl", " named Lily");
        assertThat(l.ids()).isEqualTo(codec.tokenizer().encode("One day, a girl named Lily", true));
        assertThat(l.promptTokens()).isEqualTo(codec.tokenizer().encode("One day, a girl", true).length);
    }

    @Test
    void white_space_at_the_end_of_the_context_goes_to_the_continuation() {
        assertThat(asked(100, BosRule.AUTO, "One day, a girl \n", "named"))
                .isEqualTo(asked(100, BosRule.AUTO, "One day, a girl", " \nnamed"));
    }

    @Test
    void without_context_the_first_token_follows_bos() {
        LabelledTokens l = asked(100, BosRule.AUTO, "", "Lily");
        int[] text = codec.tokenizer().encode("Lily", false);
        assertThat(l.ids()[0]).isEqualTo(codec.tokenizer().bos());
        assertThat(IntStream.of(l.ids()).skip(1).toArray()).isEqualTo(text);
        assertThat(l.predicted()).isEqualTo(text.length);
    }

    @Test
    void bos_stands_where_it_is_asked_for() {
        int bos = codec.tokenizer().bos();
        assertThat(asked(100, BosRule.TRUE, "One", " day").ids()).startsWith(bos);
        assertThat(asked(100, BosRule.FALSE, "One", " day").ids()).doesNotContain(bos);
    }

    @Test
    void what_is_too_long_loses_its_left() {
        LabelledTokens whole = asked(100, BosRule.AUTO, "One day, a girl named Lily went to", " the park");
        LabelledTokens cut = asked(6, BosRule.AUTO, "One day, a girl named Lily went to", " the park");
        assertThat(cut.tokens()).isEqualTo(7); // the last is predicted and not read
        assertThat(cut.ids())
                .isEqualTo(IntStream.of(whole.ids()).skip(whole.tokens() - 7L).toArray());
        assertThat(cut.predicted()).isEqualTo(whole.predicted());
    }

    @Test
    void a_continuation_that_adds_no_token_is_refused() {
        assertThatThrownBy(() -> asked(100, BosRule.AUTO, "One", ""))
                .hasMessage("eval: the continuation \"\" adds no token to its context");
    }

    @Test
    void a_long_text_is_the_sum_of_its_windows() {
        String text = "One day, a little girl named Lily found a needle in her room.";
        List<List<Response>> answers = new TextModel(new Listening(8, ""), codec, BosRule.AUTO)
                .answer(List.of(List.of(new Request.Rolling(text))), _ -> {});
        int n = codec.tokenizer().encode(text, true).length; // BOS is predicted after the prefix, too
        assertThat(seen.size()).isGreaterThan(2);
        assertThat(answers.getFirst().getFirst()).isEqualTo(new Likelihood(-n, true, n));
    }

    @Test
    void a_text_ends_before_the_first_of_its_ends_and_no_further_token_is_asked_for() {
        GenerationRule rule = new GenerationRule(List.of("\n", "day"), 20, SamplingParams.GREEDY);
        List<List<Response>> answers = new TextModel(
                        new Listening(100, "Once. A day came\nand went"), codec, BosRule.AUTO)
                .answer(List.of(List.of(new Request.Generate("Tell:", rule))), _ -> {});
        assertThat(((Written) answers.getFirst().getFirst()).text()).isEqualTo(" Once. A ");
    }

    @Test
    void a_prompt_leaves_room_for_its_answer() {
        GenerationRule rule = new GenerationRule(List.of(), 5, SamplingParams.GREEDY);
        String context = "One day, a girl named Lily went to the park";
        new TextModel(new Listening(12, "a"), codec, BosRule.AUTO)
                .answer(List.of(List.of(new Request.Generate(context, rule))), _ -> {});
        int[] whole = codec.tokenizer().encode(context, true);
        assertThat(prompts.getFirst())
                .isEqualTo(IntStream.of(whole).skip(whole.length - 7L).toArray());
        assertThatThrownBy(() -> new TextModel(new Listening(5, "a"), codec, BosRule.AUTO)
                        .answer(List.of(List.of(new Request.Generate(context, rule))), _ -> {}))
                .hasMessage("generation_kwargs: max_gen_toks is 5, expected fewer than the model reads, 5");
    }

    @Test
    void a_begun_answer_stays_open() {
        TextModel model = new TextModel(new Listening(12, ""), codec, BosRule.AUTO);
        List<Message> turns = List.of(new Message("user", "2 + 2?"), new Message("assistant", "It is"));
        assertThat(model.chat(turns, false))
                .isEqualTo("<|im_start|>user\n2 + 2?<|im_end|>\n<|im_start|>assistant\nIt is");
        assertThat(model.chat(turns.subList(0, 1), true)).endsWith("<|im_end|>\n<|im_start|>assistant\n");
    }
}
