package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `generate`, `score` and `inspect` on a model made on the spot.
class TextCommandsTest {

    @TempDir
    private static Path temp = Path.of("");

    private static Path model = Path.of("");

    @BeforeAll
    static void prepare() {
        model = TinyModel.write(temp.resolve("model"));
    }

    private static Cli generate(Object... more) {
        List<Object> all = new ArrayList<>(List.of("generate", "--model", model, "--max-tokens", 20));
        if (!Arrays.asList(more).contains("--prompt")) all.addAll(List.of("--prompt", "Say"));
        all.addAll(Arrays.asList(more));
        return Cli.run(all.toArray());
    }

    @Test
    void the_same_seed_writes_the_same_text() {
        String first = generate("--seed", 1).ok().out();
        assertThat(generate("--seed", 1).ok().out()).isEqualTo(first);
        assertThat(generate("--seed", 2).ok().out()).isNotEqualTo(first);
    }

    @Test
    void one_candidate_is_the_likeliest_token_at_any_temperature() {
        String greedy = generate("--temperature", 0).ok().out();
        assertThat(generate("--top-k", 1, "--temperature", 5).ok().out()).isEqualTo(greedy);
        assertThat(generate("--top-p", "1e-9", "--temperature", 5).ok().out()).isEqualTo(greedy);
        assertThat(generate("--temperature", 5).ok().out()).isNotEqualTo(greedy);
    }

    @Test
    void a_chat_model_answers_and_raw_continues() {
        String answer = generate("--temperature", 0).ok().out();
        String raw = generate("--temperature", 0, "--raw").ok().out();
        assertThat(raw).startsWith("Say");
        assertThat(raw.substring(3)).isNotEqualTo(answer);
        assertThat(generate("--temperature", 0, "--system", "Be brief.").ok().out())
                .isNotEqualTo(answer);
    }

    @Test
    void a_prompt_needs_a_token() {
        generate("--prompt", "", "--raw").refuses("generate: the prompt has no token");
    }

    @Test
    void a_prompt_must_leave_room() {
        generate("--prompt", "x".repeat(128), "--raw")
                .refuses("generate: the prompt has 128 tokens, expected fewer than 128");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            temperature | -1 | temperature: -1.0, expected at least 0
            temperature | NaN | temperature: NaN, expected at least 0
            top-k | -1 | top-k: -1, expected at least 0 (0 for all)
            top-p | 0 | top-p: 0.0, expected above 0 and at most 1
            top-p | 1.1 | top-p: 1.1, expected above 0 and at most 1
            max-tokens | 0 | --max-tokens: 0, expected at least 1
            seed | x | --seed: "x", expected a whole number (see gradine generate --help)
            """)
    void a_number_out_of_range_is_refused(String name, String value, String message) {
        List<Object> all = new ArrayList<>(List.of("generate", "--model", model, "--prompt", "a"));
        all.addAll(List.of("--" + name, value));
        Cli.run(all.toArray()).refuses(message);
    }

    @Test
    void score_prints_a_line_a_token_and_the_sum() {
        String text = "abcd";
        List<String> lines = Cli.run("score", "--model", model, "--text", text)
                .ok()
                .out()
                .lines()
                .toList();
        try (LoadedModel m = new LoadedModel(model);
                Kernels k = m.run().openStep()) {
            int[] ids = m.codecFor(false).tokenizer().encode(text, true);
            assertThat(ids).containsExactly('a', 'b', 'c', 'd');
            TokenLogProbs lp =
                    TokenLogProbs.of(Tape.noGrad(k), Policy.of(m.model()), List.of(new LabelledTokens(ids, ids)));
            float[] logp = k.download(lp.values().value());
            double sum = (double) logp[0] + logp[1] + logp[2];
            assertThat(lines)
                    .containsExactly(
                            "        -      97  a  no score: no token comes before it",
                            "%9.4f  %6d  %s".formatted(logp[0], (int) 'b', "b"),
                            "%9.4f  %6d  %s".formatted(logp[1], (int) 'c', "c"),
                            "%9.4f  %6d  %s".formatted(logp[2], (int) 'd', "d"),
                            String.format(
                                    Locale.ROOT,
                                    "3 tokens scored, log-probability %.4f nats, %.4f nats per token, perplexity %.4f",
                                    sum,
                                    sum / 3,
                                    Math.exp(-sum / 3)));
        }
    }

    @Test
    void score_shows_text_not_what_the_vocabulary_writes() {
        String out = Cli.run("score", "--model", model, "--text", "a b\n \u00e9<|pad|>")
                .ok()
                .out();
        List<String> shown =
                out.lines().limit(8).map(line -> line.substring(19)).toList();
        assertThat(shown)
                .containsExactly(
                        "a  no score: no token comes before it",
                        "\" \"",
                        "b",
                        "\"\\n\"",
                        "\" \"",
                        "(part of a character, or no text)",
                        "\u00e9",
                        "<|pad|>");
    }

    @Test
    void score_refuses_what_it_cannot_score() {
        Cli.run("score", "--model", model, "--text", "a").refuses("--text: 1 tokens, expected at least 2");
        Path ids = TokenRows.write(temp.resolve("ids.safetensors"));
        Cli.run("score", "--model", model, "--ids", ids).refuses("--out is missing, expected a file for the logits");
        Cli.run("score", "--model", model, "--ids", model.resolve("model.safetensors"), "--out", temp.resolve("o"))
                .refuses(model.resolve("model.safetensors") + ": no tensor input_ids");
        assertThat(temp.resolve("o")).doesNotExist();
    }

    @Test
    void inspect_lists_a_model() {
        String out = Cli.run("inspect", model).ok().out();
        assertThat(out)
                .startsWith(model.resolve("model.safetensors") + ": safetensors, 13,008 parameters\n"
                        + "21 tensors, 52,032 bytes, types {F32=21}\n"
                        + "architecture   llama (LlamaForCausalLM)\n")
                .contains("\n  lm_head.weight " + " ".repeat(46) + "F32   [260, 16]\n")
                .endsWith("  … 1 more\n");
        String whole = Cli.run("inspect", "--all", model).ok().out();
        assertThat(whole.lines().filter(l -> l.startsWith("  "))).hasSize(21);
        assertThat(whole).doesNotContain("more");
    }

    @Test
    void inspect_lists_an_adapter() {
        Path data = TinyModel.tokenRows(temp.resolve("rows.jsonl"), 2, 4, 1);
        Path adapter = temp.resolve("adapter");
        Cli.run(
                        "sft",
                        "--model",
                        model,
                        "--data",
                        data,
                        "--out",
                        adapter,
                        "--steps",
                        1,
                        "--rank",
                        3,
                        "--targets",
                        "q_proj",
                        "--samples",
                        0)
                .ok();
        assertThat(Cli.run("inspect", adapter).ok().out())
                .startsWith("""
                        %s: safetensors, 192 parameters
                        method: lora, rank 3, alpha 6
                        targets: q_proj
                        base model: %s
                        trained: 192 values in 4 tensors
                        """.formatted(adapter.resolve("adapter_model.safetensors"), model))
                .contains("lora_A.weight");
    }

    @Test
    void inspect_refuses_what_is_no_model() {
        Cli.run("inspect", temp.resolve("none"))
                .refuses(temp.resolve("none") + ": cannot be read: no such file or folder");
        Cli.run("inspect").refuses("Missing required parameter: 'DIR|FILE' (see gradine inspect --help)");
    }
}
