package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `--chat-template` gives a model a template, or another one. The tokenizer writes a byte as a token.
class ChatTemplateOptionTest {

    @TempDir
    private Path temp = Path.of("");

    private Path model = Path.of("");
    private Path own = Path.of("");

    @BeforeEach
    void prepare() throws IOException {
        model = TinyModel.write(temp.resolve("model"));
        own = temp.resolve("own.jinja");
        Files.move(model.resolve("chat_template.jinja"), own);
        TinyModel.text(
                temp.resolve("data.jsonl"),
                "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"},"
                        + " {\"role\": \"assistant\", \"content\": \"Ho\"}]}\n");
    }

    private Cli sft(String out, Object... more) {
        List<Object> all = new ArrayList<>(List.of("sft", "--model", model, "--data", temp.resolve("data.jsonl")));
        all.addAll(List.of("--steps", 1, "--samples", 0, "--out", temp.resolve(out)));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    private String metrics(String out) throws IOException {
        return Files.readString(temp.resolve(out).resolve("metrics.jsonl"));
    }

    @Test
    void conversations_are_trained_on_as_the_template_writes_them() throws IOException {
        sft("named", "--chat-template", "chatml").ok();
        assertThat(metrics("named")).contains("\"num_tokens\":25"); // 6 marks and line breaks, 19 letters and breaks
        sft("file", "--chat-template", own).ok();
        assertThat(metrics("file")).contains("\"num_tokens\":25");
        Path bare = TinyModel.text(temp.resolve("short.jinja"), "{% for m in messages %}{{ m.content }}{% endfor %}");
        sft("short", "--chat-template", bare).ok();
        assertThat(metrics("short")).contains("\"num_tokens\":4");
    }

    @Test
    void the_choice_is_told() throws IOException {
        sft("run", "--chat-template", "chatml").ok();
        assertThat(Files.readString(temp.resolve("run").resolve("run.json"))).contains("\"chat-template\"", "chatml");
    }

    @Test
    void the_chosen_template_lies_beside_the_adapter_word_for_word() throws IOException {
        Path saved = temp.resolve("file").resolve("chat_template.jinja");
        assertThat(sft("file", "--chat-template", own).ok().err())
                .contains("the chat template trained on is beside the adapter; to generate, give it with"
                        + " --chat-template " + saved + "\n");
        assertThat(saved).hasSameBinaryContentAs(own);
        sft("named", "--chat-template", "chatml").ok();
        Object[] generate = {"generate", "--model", model, "--prompt", "Hi", "--temperature", 0, "--max-tokens", 8};
        Path named = temp.resolve("named").resolve("chat_template.jinja");
        assertThat(Cli.run(with(generate, "--chat-template", named)).ok().out())
                .isEqualTo(Cli.run(with(generate, "--chat-template", "chatml"))
                        .ok()
                        .out());
    }

    @Test
    void the_models_own_template_stays_with_the_model() throws IOException {
        Files.copy(own, model.resolve("chat_template.jinja"));
        assertThat(sft("run").ok().err()).doesNotContain("template");
        assertThat(temp.resolve("run").resolve("chat_template.jinja")).doesNotExist();
    }

    @Test
    void an_unknown_choice_is_refused_with_those_there_are() throws IOException {
        Files.createDirectories(model.resolve("additional_chat_templates"));
        TinyModel.text(model.resolve("additional_chat_templates/rag.jinja"), "x");
        sft("run", "--chat-template", "klingon")
                .refuses("--chat-template: klingon is no file and no name; the model's are rag, the usual ones alpaca,"
                        + " chatml, gemma, llama2, llama3, mistral, phi3, vicuna, zephyr");
        assertThat(temp.resolve("run")).doesNotExist();
    }

    @Test
    void a_prompt_is_rendered_by_the_template() throws IOException {
        Object[] generate = {"generate", "--model", model, "--prompt", "Hi", "--temperature", 0, "--max-tokens", 8};
        String named = Cli.run(with(generate, "--chat-template", "chatml")).ok().out();
        assertThat(Cli.run(with(generate, "--chat-template", own)).ok().out()).isEqualTo(named);
        String raw = Cli.run(generate).ok().out();
        Files.copy(own, model.resolve("chat_template.jinja"));
        assertThat(Cli.run(generate).ok().out()).isEqualTo(named).isNotEqualTo(raw);
        Cli.run(with(generate, "--chat-template", "chatml", "--raw"))
                .refuses("--raw and --chat-template are both given, expected one of them");
    }

    private static Object[] with(Object[] args, Object... more) {
        List<Object> all = new ArrayList<>(Arrays.asList(args));
        all.addAll(Arrays.asList(more));
        return all.toArray();
    }
}
