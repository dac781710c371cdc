package dev.gradine.data.encode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.DataException;
import dev.gradine.data.DataSet;
import dev.gradine.data.Row;
import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.token.ByteTokenizer;
import dev.gradine.data.token.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Prompts with the answers rows bring, over a byte tokenizer and ChatML.
class GroupEncoderTest {

    private static final Tokenizer TOKENIZER = ByteTokenizer.chatMl();
    private static final TextCodec CODEC = new TextCodec(TOKENIZER, ChatTemplate.named("chatml"));
    private static final String ASKED = "{'prompt': [{'role': 'user', 'content': 'Hi'}], ";

    @TempDir
    private Path temp = Path.of("");

    private Row row(String json) {
        try {
            Path file = Files.writeString(temp.resolve("rows.jsonl"), json.replace('\'', '"') + "\n");
            return DataSet.read(file).rows().getFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Group group(String json, int maxLength) {
        return new GroupEncoder(CODEC, maxLength, 2).make(row(json)).examples().getFirst();
    }

    private static String text(int[] ids) {
        return TOKENIZER.decode(ids, false);
    }

    private static String learnt(Attempt a) {
        int[] ids = a.answer().ids();
        return text(Arrays.copyOfRange(ids, a.answer().promptTokens(), ids.length));
    }

    @Test
    void given_answers_end_with_the_mark_of_a_turn_unless_they_were_cut() {
        Group g = group(ASKED + "'completions': ['Yes', 'No'], 'rewards': [1, 0.5], 'truncated': [false, true]}", 99);
        assertThat(text(g.question().prompt())).endsWith("Hi<|im_end|>\n<|im_start|>assistant\n");
        assertThat(g.attempts()).extracting(GroupEncoderTest::learnt).containsExactly("Yes<|im_end|>", "No");
        assertThat(g.attempts()).extracting(Attempt::ended).containsExactly(true, false);
        assertThat(g.attempts()).extracting(Attempt::reward).containsExactly(1.0, 0.5);
        assertThat(g.attempts().getFirst().prompt().ids())
                .isEqualTo(g.question().prompt());
    }

    @Test
    void a_prompt_alone_keeps_its_other_columns() {
        Group g = group("{'prompt': 'one plus one', 'answer': '2', 'level': 3}", 99);
        assertThat(g.attempts()).isEmpty();
        assertThat(g.question().text()).isEqualTo("one plus one");
        assertThat(g.question().columns()).containsEntry("answer", "2").containsEntry("level", 3L);
        assertThat(g.question().isChat()).isFalse();
    }

    @Test
    void an_answer_beyond_the_longest_is_cut_and_no_longer_ends() {
        String row = ASKED + "'completions': ['Yes', 'No'], 'rewards': [1, 0]}";
        int prompt = group(row, 99).question().prompt().length;
        Group g = group(row, prompt + 3);
        assertThat(g.attempts()).extracting(GroupEncoderTest::learnt).containsExactly("Yes", "No<|im_end|>");
        assertThat(g.attempts()).extracting(Attempt::ended).containsExactly(false, true);
        assertThat(new GroupEncoder(CODEC, prompt, 2).make(row(row)).examples()).isEmpty();
    }

    @Test
    void completions_and_conversations_bring_one_answer() {
        Group one = group(ASKED + "'completion': 'Yes'}", 99);
        assertThat(one.attempts()).extracting(GroupEncoderTest::learnt).containsExactly("Yes<|im_end|>");
        Group chat =
                group("{'messages': [{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Yes'}]}", 99);
        assertThat(chat.attempts()).extracting(GroupEncoderTest::learnt).containsExactly("Yes<|im_end|>\n");
        assertThat(text(chat.question().prompt())).isEqualTo(text(one.question().prompt()));
    }

    @Test
    void refuses_what_does_not_fit() {
        refuses(
                ASKED + "'completions': ['a', 'b', 'c'], 'rewards': [1, 0, 0]}",
                "field completions has 3 entries, expected 2 (answers to a prompt)");
        refuses(
                "{'prompt': 'p', 'chosen': 'c', 'rejected': 'r'}",
                "row is no prompt, expected a prompt alone, or with its completions");
        refuses(
                ASKED + "'completions': ['a', 'b'], 'rewards': [1]}",
                "field rewards has 1 entries, expected 2 (as many as completions)");
        refuses(
                ASKED + "'completions': ['a', 5], 'rewards': [1, 0]}",
                "field completions[1] is a number, expected a string");
    }

    private void refuses(String json, String message) {
        var encoder = new GroupEncoder(CODEC, 99, 2);
        assertThatThrownBy(() -> encoder.make(row(json)))
                .isInstanceOf(DataException.class)
                .hasMessageEndingWith(message);
    }
}
