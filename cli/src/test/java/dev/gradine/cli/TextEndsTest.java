package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.models.Models;
import dev.gradine.models.StopTokens;
import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Where a text ends: every id that a file of the model names. The model alone ends at 256 (its BOS) and 258 (its EOS,
/// which its template writes after a turn).
class TextEndsTest {

    @TempDir
    private Path temp = Path.of("");

    private Path model = Path.of("");

    @BeforeEach
    void prepare() {
        model = TinyModel.write(temp.resolve("model"));
    }

    private StopTokens ends() {
        try (Kernels run = CpuKernels.open();
                var m = Models.open(model, run)) {
            return StopTokens.of(m, m.codec());
        }
    }

    private void config(String key, Object value) {
        Map<String, Object> config = Json.readObject(model.resolve("config.json"));
        config.put(key, value);
        Json.write(model.resolve("config.json"), config);
    }

    private void generation(Object eos) {
        Json.write(model.resolve("generation_config.json"), Map.of("eos_token_id", eos));
    }

    @Test
    void a_number_in_the_generation_configuration_counts() {
        assertThat(ends().ids()).containsExactly(256, 258);
        generation(7);
        assertThat(ends().ids()).containsExactly(7, 256, 258);
    }

    @Test
    void every_id_of_a_list_counts() {
        generation(List.of(7, 9));
        config("eos_token_id", List.of(11, 258));
        config("text_config", Map.of("eos_token_id", List.of(13)));
        assertThat(ends().ids()).containsExactly(7, 9, 11, 13, 256, 258);
    }

    @Test
    void the_mark_behind_an_assistants_turn_counts() throws IOException {
        Files.writeString(
                model.resolve("chat_template.jinja"),
                "{% for m in messages %}<|im_start|>{{ m.content }}\n<|pad|>\n{% endfor %}");
        assertThat(ends().ids()).containsExactly(256, 258, 259);
    }

    @Test
    void a_template_that_writes_text_behind_a_turn_or_refuses_names_no_end() throws IOException {
        Files.writeString(model.resolve("chat_template.jinja"), "{% for m in messages %}{{ m.content }}\n{% endfor %}");
        assertThat(ends().ids()).containsExactly(256, 258);
        Files.writeString(model.resolve("chat_template.jinja"), "{{ raise_exception('only tools') }}");
        assertThat(ends().ids()).containsExactly(256, 258);
    }

    @Test
    void an_id_outside_the_vocabulary_is_left_out_with_a_line() {
        generation(List.of(260, -1, 7));
        StopTokens ends = ends();
        assertThat(ends.ids()).containsExactly(7, 256, 258);
        String file = model.resolve("generation_config.json").toString();
        assertThat(ends.notes())
                .containsExactly(
                        file + ": eos_token_id[0] is 260, outside the model's vocabulary of 260: no text can end there",
                        file + ": eos_token_id[1] is -1, outside the model's vocabulary of 260: no text can end there");
        Cli cli = Cli.run("generate", "--model", model, "--prompt", "hi", "--max-tokens", 1)
                .ok();
        assertThat(cli.err()).isEqualTo(String.join("\n", ends.notes()) + "\n");
    }

    @Test
    void training_that_asks_the_model_says_so_too() {
        generation(260);
        String note = model.resolve("generation_config.json")
                + ": eos_token_id is 260, outside the model's vocabulary of 260: no text can end there\n";
        String pair = "{\"prompt\": \"1\", \"chosen\": \"2\", \"rejected\": \"3\"}\n";
        assertThat(trained("asks", "sft", "{\"prompt\": \"1\", \"completion\": \"2\"}\n", 1))
                .containsOnlyOnce(note);
        assertThat(trained("asks-dpo", "dpo", pair, 1)).containsOnlyOnce(note);
        assertThat(trained("does-not", "dpo", pair, 0)).doesNotContain(note);
    }

    private String trained(String name, String command, String row, int samples) {
        Path rows = TinyModel.text(temp.resolve(name + ".jsonl"), row.repeat(2));
        Path out = temp.resolve(name);
        return Cli.run(command, "--model", model, "--data", rows, "--out", out, "--steps", 1, "--samples", samples)
                .ok()
                .err();
    }

    @Test
    void what_is_no_id_is_refused_by_name() {
        generation(List.of("</s>"));
        Cli.run("generate", "--model", model, "--prompt", "hi")
                .refuses(model.resolve("generation_config.json")
                        + ": eos_token_id[0] is \"</s>\", expected a token id or a list of token ids");
        generation(7.5);
        Cli.run("generate", "--model", model, "--prompt", "hi")
                .refuses(model.resolve("generation_config.json")
                        + ": eos_token_id is 7.5, expected a token id or a list of token ids");
    }

    @Test
    void a_greedy_text_stops_before_a_listed_token() {
        Object[] args = {"generate", "--model", model, "--prompt", "hi", "--raw", "--temperature", 0, "--max-tokens", 9
        };
        int[] written = written();
        generation(List.of(written[2], 258));
        assertThat(Cli.run(args).ok().out()).isEqualTo("hi" + text(written[0], written[1]) + "\n");
    }

    /// The first three tokens that the model writes after "hi".
    private int[] written() {
        try (Kernels run = CpuKernels.open();
                var m = Models.open(model, run)) {
            var request = WritingRule.of(SamplingParams.GREEDY, 3, _ -> false);
            int[] prompt = m.codec().tokenizer().encode("hi", true);
            return new Generations(Policy.of(m.model()), run).one(prompt, request, new SplittableRandom(1), _ -> true);
        }
    }

    private String text(int... ids) {
        try (Kernels run = CpuKernels.open();
                var m = Models.open(model, run)) {
            return m.codec().tokenizer().decode(ids, true);
        }
    }
}
