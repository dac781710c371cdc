package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Conversations that are typed in a file, with the golden base model of TRL's runs and adapters of two of them.
class ChatCommandTest {

    @TempDir
    private Path temp = Path.of("");

    private final InputStream before = System.in;

    @AfterEach
    void restore() {
        System.setIn(before);
    }

    private String chat(String... lines) {
        System.setIn(new ByteArrayInputStream((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8)));
        return Cli.run(
                        "chat",
                        "--model",
                        TrlModel.BASE,
                        "--adapter",
                        TrlModel.named("dpo"),
                        "--adapter",
                        TrlModel.named("alphapo"),
                        "--temperature",
                        0,
                        "--max-tokens",
                        12)
                .ok()
                .out();
    }

    /// Of each message, "role: content".
    private static List<String> saved(Path file) {
        List<String> all = new ArrayList<>();
        for (Object m : (List<?>)
                Objects.requireNonNull(Values.jsonLines(file).getFirst().get("messages"))) {
            Map<?, ?> message = (Map<?, ?>) m;
            all.add(message.get("role") + ": " + message.get("content"));
        }
        return all;
    }

    @Test
    void the_adapter_that_was_chosen_answers_and_the_conversation_is_saved() {
        Path file = temp.resolve("talk.jsonl");
        String out = chat("Tell me a story", "/adapter alphapo", "/new", "Tell me a story", "/save " + file, "/quit");
        String dpo = TrlModel.generated("dpo", "Tell me a story");
        String alphapo = TrlModel.generated("alphapo", "Tell me a story");
        assertThat(out).contains("dpo answers", dpo, alphapo);
        assertThat(saved(file)).containsExactly("user: Tell me a story", "assistant: " + alphapo);
    }

    @Test
    void two_answers_stand_beside_each_other() {
        String out = chat("/beside alphapo", "Tell me a story");
        assertThat(out).contains("dpo", " │ alphapo", "─┼─");
        for (String adapter : List.of("dpo", "alphapo")) {
            String answer = TrlModel.generated(adapter, "Tell me a story");
            assertThat(answer).isNotEmpty();
            assertThat(out).contains(answer.lines().findFirst().orElseThrow());
        }
    }

    @Test
    void messages_of_several_lines_a_system_message_and_undo() {
        Path file = temp.resolve("talk.jsonl");
        chat(
                "/system Be short.",
                "one\\",
                "two",
                "\"\"\"",
                "three",
                "",
                "four",
                "\"\"\"",
                "five",
                "/undo",
                "/save " + file);
        List<String> messages = saved(file);
        assertThat(messages).hasSize(5).startsWith("system: Be short.", "user: one\ntwo");
        assertThat(messages.get(3)).isEqualTo("user: three\n\nfour");
        assertThat(messages.get(4)).startsWith("assistant: ");
    }

    @Test
    void a_mistake_is_said_and_the_conversation_goes_on() {
        assertThat(chat("/adapter x", "/nothing", "/save", "/help"))
                .contains(
                        "there is no adapter x, expected base, dpo, alphapo",
                        "/nothing is no command; /help names them",
                        "/save: expected a file",
                        "Adapters: base, dpo, alphapo");
        assertThat(chat("word ".repeat(4000), "Tell me a story")).contains("/new begins another conversation");
        assertThat(Files.exists(temp.resolve("x"))).isFalse();
    }
}
