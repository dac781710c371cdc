package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `gradine inspect` says of a model what its files say.
class InspectModelTest {

    @TempDir
    private Path temp = Path.of("");

    private static void put(Path model, Map<String, Object> more) {
        Map<String, Object> config = new LinkedHashMap<>(Json.readObject(model.resolve("config.json")));
        config.putAll(more);
        Json.write(model.resolve("config.json"), config);
    }

    @Test
    void sizes_tokenizer_and_template_are_told() {
        Path model = TinyModel.write(temp.resolve("model"));
        assertThat(Cli.run("inspect", model).ok().out()).contains("""
                architecture   llama (LlamaForCausalLM)
                layers         2
                hidden size    16, feed-forward 32
                heads          2, of keys and values 1
                context        128 tokens
                vocabulary     260 tokens
                weights        F32: 21 tensors, 13,008 values, 52,032 bytes
                tokenizer      260 tokens, bos <|bos|> (256), eos <|im_end|> (258), pad <|pad|> (259)
                chat template  "Hello" becomes "<|im_start|>user\\nHello<|im_end|>\\n<|im_start|>assistant\\n"
                """);
    }

    @Test
    void a_model_without_tokenizer_and_template_has_none() throws IOException {
        Path model = TinyModel.write(temp.resolve("model"));
        Files.delete(model.resolve("chat_template.jinja"));
        assertThat(Cli.run("inspect", model).ok().out()).contains("\nchat template  none\n");
        Files.delete(model.resolve("tokenizer.json"));
        assertThat(Cli.run("inspect", model).ok().out())
                .contains("\ntokenizer      none\n")
                .doesNotContain("chat template");
    }

    @Test
    void an_architecture_that_is_none_of_ours_is_described_all_the_same() {
        Path model = TinyModel.write(temp.resolve("model"));
        put(model, Map.of("model_type", "mamba9", "quantization_config", Map.of("quant_method", "gptq")));
        assertThat(Cli.run("inspect", model).ok().out())
                .contains("\narchitecture   mamba9 (LlamaForCausalLM), which is none of ")
                .contains("\nlayers         2\n")
                .contains("\nquantised      by gptq\n");
    }

    @Test
    void keys_of_other_families_and_of_a_part_count() {
        Path model = TinyModel.write(temp.resolve("model"));
        Json.write(
                model.resolve("config.json"),
                Map.of("model_type", "gpt2", "n_embd", 24, "n_positions", 99, "text_config", Map.of("n_layer", 7)));
        assertThat(Cli.run("inspect", model).ok().out())
                .contains("\narchitecture   gpt2\nlayers         7\nhidden size    24, feed-forward not told\n")
                .contains("\ncontext        99 tokens\n");
    }

    @Test
    void what_is_wrong_with_the_files_stands_beside_what_they_tell() throws IOException {
        Path model = TinyModel.write(temp.resolve("model"));
        Files.writeString(model.resolve("tokenizer.json"), "{");
        Files.writeString(model.resolve("chat_template.jinja"), "{% for");
        assertThat(Cli.run("inspect", model).ok().out()).contains("\ntokenizer      cannot be used: ");
        Files.delete(model.resolve("config.json"));
        assertThat(Cli.run("inspect", model).ok().out())
                .contains("\narchitecture   not told, which is none of ")
                .contains("\ncannot be used " + model.resolve("config.json"));
    }
}
