package dev.gradine.eval.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.chat.Message;
import dev.gradine.eval.judge.JudgePrompt.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Verdicts are read from texts, and prompts made from MT-Bench's files.
class JudgePromptTest {

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            One might say [[A]], but B is right: [[B]] | B
            My final verdict is [[C]]                  | C
            [[D]] or [A]                               | ''
            I would not choose.                        | ''
            """)
    void the_last_label_of_a_pair_counts(String text, String label) {
        assertThat(Kind.PAIR.read(text)).isEqualTo(label);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            Rating: [[7]]          | 7
            [[8.5]] and then [[2]] | 8.5
            I give it [6].         | 6
            seven                  | ''
            """)
    void the_first_rating_counts(String text, String label) {
        assertThat(Kind.RATING.read(text)).isEqualTo(label);
    }

    private JudgeTemplates templates() throws IOException {
        Path file = temp.resolve("prompts.jsonl");
        Files.writeString(file, """
                {"name": "pair-v2", "system_prompt": "S", "prompt_template": "{question}|{answer_a}|{answer_b}"}
                {"name": "pair-math-v1-multi-turn", "prompt_template": "{question_2}|{ref_answer_2}|{answer_b_2}{x}"}
                {"name": "single-v1", "system_prompt": "", "prompt_template": "{question}|{answer}"}
                """);
        return JudgeTemplates.read(file);
    }

    /// The user and the assistant in turn.
    private static List<Message> talk(String... said) {
        return IntStream.range(0, said.length)
                .mapToObj(i -> new Message(i % 2 == 0 ? "user" : "assistant", said[i]))
                .toList();
    }

    @Test
    void templates_are_chosen_by_turn_and_reference_and_filled_in_one_pass() throws IOException {
        JudgedQuestion q = new JudgedQuestion("1", "math", List.of("q1", "q2"));
        List<String> a = List.of("{answer_b}", "a2");
        List<String> b = List.of("b1", "b2");
        assertThat(templates().pair(q, 1, a, b, List.of()))
                .isEqualTo(new JudgePrompt(
                        Kind.PAIR, "S", "q1|{answer_b}|b1", List.of(talk("q1", "{answer_b}"), talk("q1", "b1"))));
        assertThat(templates().pair(q, 2, a, b, List.of("r1", "r2")).user()).isEqualTo("q2|r2|b2{x}");
        assertThat(templates().single(q, 1, b, List.of()))
                .isEqualTo(new JudgePrompt(Kind.RATING, "", "q1|b1", List.of(talk("q1", "b1"))));
        assertThat(templates().pair(q, 2, a, b, List.of("r1", "r2")).talks().get(1))
                .isEqualTo(talk("q1", "b1", "q2", "b2"));
        assertThatThrownBy(() -> templates().single(q, 2, b, List.of()))
                .hasMessage("judge prompts: none is called single-v1-multi-turn, there are [pair-v2,"
                        + " pair-math-v1-multi-turn, single-v1]");
    }

    @Test
    void our_own_prompt_shows_every_turn() {
        JudgedQuestion q = new JudgedQuestion("1", "", List.of("q1", "q2"));
        String user = JudgeTemplates.own()
                .pair(q, 2, List.of("a1", "a2"), List.of("b1", "b2"), List.of())
                .user();
        assertThat(user).contains("[Request, turn 2]\nq2", "[Answer of A, turn 1]\na1", "[Answer of B, turn 2]\nb2");
        assertThat(user).doesNotContain("{", "right answer");
    }

    @Test
    void questions_and_answers_are_read_in_both_forms() throws IOException {
        Path file = temp.resolve("q.jsonl");
        Files.writeString(file, """
                {"question_id": 81, "category": "math", "turns": ["a", "b"]}
                {"instruction": "Say hi"}
                """);
        assertThat(JudgedQuestion.read(file))
                .containsExactly(
                        new JudgedQuestion("81", "math", List.of("a", "b")),
                        new JudgedQuestion("Say hi", "", List.of("Say hi")));
        Files.writeString(file, """
                {"question_id": 81, "choices": [{"index": 0, "turns": ["x", "y"]}]}
                {"instruction": "Say hi", "output": "hi"}
                """);
        assertThat(JudgedQuestion.answers(file))
                .containsEntry("81", List.of("x", "y"))
                .containsEntry("Say hi", List.of("hi"));
        Files.writeString(file, "{\"question_id\": 81}\n");
        assertThatThrownBy(() -> JudgedQuestion.answers(file))
                .hasMessage("q.jsonl: row 1: has none of the fields turns, output, answer, response");
    }
}
