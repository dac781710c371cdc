package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.io.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A plan counts what the methods say and adds it up by formulas; the numbers here were worked out by hand.
class PlanCommandTest {

    private static final long LORA_70B = 207_093_760L; // 80 · 16 · (2 · 16384 + 2 · 9216 + 3 · 36864)

    @TempDir
    private Path temp = Path.of("");

    private static Map<String, Object> plan(Object... args) {
        List<Object> all = new ArrayList<>(List.of("plan", "--json"));
        all.addAll(Arrays.asList(args));
        return json(Cli.run(all.toArray()).ok());
    }

    private static Map<String, Object> json(Cli run) {
        return Json.parseObject("plan", run.out().getBytes(StandardCharsets.UTF_8));
    }

    private static Object at(Object json, String... path) {
        Object now = json;
        for (String key : path) now = Objects.requireNonNull(((Map<?, ?>) now).get(key), key);
        return now;
    }

    private static long number(Object json, String... path) {
        return ((Number) at(json, path)).longValue();
    }

    private static double real(Object json, String... path) {
        return ((Number) at(json, path)).doubleValue();
    }

    @ParameterizedTest
    @CsvSource({"7b,6738415616", "8b,8030261248", "13b,13015864320", "70b,70553706496"})
    void presets_have_the_published_numbers_of_parameters(String name, long parameters) {
        assertThat(number(plan("--model", name), "parameters")).isEqualTo(parameters);
    }

    @Test
    void a_lora_of_70_billion_trains_207_million_values_in_3_3_gb() {
        Map<String, Object> p = plan("--model", "70b", "--adapter", "qlora", "--rank", 16, "--hardware", "rtx-4090");
        assertThat(number(p, "trained")).isEqualTo(LORA_70B);
        long sum = number(p, "memory", "adapter", "bytes")
                + number(p, "memory", "gradients", "bytes")
                + number(p, "memory", "optimiser", "bytes");
        assertThat(sum).isEqualTo(16 * LORA_70B); // 3.3 GB
    }

    /// 855,638,016 linear weights a layer in NF4 with double quantisation: 4 + 8/64 + 32/(64 · 256) bits each are
    /// 441.4 MB, and 80 layers 35.3 GB; the embedding and the head stay in bf16, with 161 norms of 8192.
    @Test
    void weights_of_70_billion_in_nf4_take_35_3_gb_beside_embedding_and_head() {
        Map<String, Object> p = plan("--model", "70b", "--adapter", "qlora", "--hardware", "rtx-4090");
        double layers = 80 * 855_638_016L * (4 + 8.0 / 64 + 32.0 / (64 * 256)) / 8;
        double rest = 2.0 * (2L * 128_256 * 8192 + 161L * 8192);
        assertThat(layers).isCloseTo(35.3e9, within(0.05e9));
        assertThat(real(p, "memory", "weights", "bytes")).isCloseTo(layers + rest, within(1e5));
        assertThat(number(plan("--model", "70b"), "memory", "weights", "bytes")).isEqualTo(2 * 70_553_706_496L);
    }

    @Test
    void checkpoints_of_70_billion_take_1_31_mb_a_token() {
        Map<String, Object> p =
                plan("--model", "70b", "--hardware", "h200", "--length", 4096, "--gradient-checkpointing");
        assertThat(number(p, "memory", "activations", "bytes")).isEqualTo(4096L * 80 * 8192 * 2);
    }

    /// `docs/decisions/003-memory.md` counts 5883 floats for each token and layer of SmolLM2-135M with LoRA of rank 16.
    @Test
    void a_token_of_the_small_model_holds_what_the_decision_on_memory_counts() {
        Map<String, Object> p = plan("--model", small(), "--rank", 16, "--length", 1024);
        assertThat(number(p, "memory", "activations", "bytes")).isEqualTo(1024L * 30 * 5883 * 4);
        assertThat(number(p, "trained")).isEqualTo(4_884_480L); // 30 · 16 · (2 · 1152 + 2 · 768 + 3 · 2112)
        assertThat(number(p, "memory", "logits", "bytes")).isEqualTo((16 << 20) / 49152 * 49152L * 4);
    }

    private Path small() {
        return TinyModel.text(temp.resolve("config.json"), """
                {"model_type": "llama", "hidden_size": 576, "intermediate_size": 1536, "num_hidden_layers": 30,
                 "num_attention_heads": 9, "num_key_value_heads": 3, "vocab_size": 49152, "head_dim": 64,
                 "max_position_embeddings": 8192, "tie_word_embeddings": true, "dtype": "float32"}
                """);
    }

    /// 6 N of 68.5 billion weights in blocks are 411 GFLOP a token, and of the head 6.3 more; 6 for each value of the
    /// adapter; attention 4.5 · 2 · 80 · 4096 · 8192.
    @Test
    void a_token_of_70_billion_costs_411_gflop_with_blocks_computed_again() {
        Map<String, Object> p = plan(
                "--model", "70b", "--hardware", "rtx-4090", "--length", 4096, "--gradient-checkpointing", "--price", 2);
        double linear = 6.0 * 80 * 855_638_016L;
        assertThat(linear).isCloseTo(411e9, within(1e9));
        double token = linear + 6.0 * 128_256 * 8192 + 6.0 * LORA_70B + 4.5 * 2 * 80 * 4096 * 8192;
        double expected = 4096 * token;
        assertThat(real(p, "flops_per_step")).isCloseTo(expected, within(1e-9 * expected));
        assertThat(real(p, "seconds_per_step")).isCloseTo(expected / 100e12, within(1e-6));
        assertThat(real(p, "cost")).isCloseTo(1000 * expected / 100e12 / 3600 * 2, within(1e-6));
        assertThat(at(p, "bound")).isEqualTo("compute");
    }

    @Test
    void a_rate_that_is_given_counts() {
        Map<String, Object> p =
                plan("--model", "7b", "--hardware", "h100", "--flops", "1e18", "--bandwidth", "1e12", "--length", 16);
        assertThat(at(p, "bound")).isEqualTo("memory");
        assertThat(real(p, "seconds_per_step")).isCloseTo(2 * 2 * 6_738_415_616.0 / 1e12, within(1e-6));
    }

    /// A byte a value and four a row, of all linear layers but the head.
    @Test
    void weights_of_eight_bits_are_counted_with_a_scale_a_row() {
        long whole = number(plan("--model", "7b"), "memory", "weights", "bytes");
        long coded = number(plan("--model", "7b", "--quantize", "int8"), "memory", "weights", "bytes");
        long values = 32L * (4 * 4096L * 4096 + 3 * 4096L * 11008);
        long rows = 32L * (4 * 4096 + 2 * 11008 + 4096);
        assertThat(whole - coded).isEqualTo(values - 4 * rows); // from two bytes a value
    }

    @Test
    void what_does_not_fit_is_told_what_to_change() {
        Map<String, Object> p = plan("--model", "7b", "--hardware", "rtx-4090", "--length", 4096, "--batch", 4);
        assertThat(at(p, "fits", "8 GB", "fits")).isEqualTo(false);
        assertThat(String.valueOf(at(p, "fits", "8 GB", "advice")))
                .startsWith("with --gradient-checkpointing --batch 1 --accumulate 4 --quantize nf4 --double-quant");
        assertThat(String.valueOf(at(p, "fits", "24 GB", "advice"))).startsWith("with --gradient-checkpointing");
        assertThat(at(plan("--model", small(), "--length", 64), "fits", "8 GB", "advice"))
                .isEqualTo("fits");
        assertThat(String.valueOf(at(plan("--model", "70b", "--adapter", "full"), "fits", "80 GB", "advice")))
                .startsWith("does not fit: ")
                .endsWith(" GB at least");
    }

    @Test
    void lines_show_formulas_beside_numbers() {
        String out = Cli.run("plan", "--model", "70b", "--adapter", "qlora", "--hardware", "h200")
                .ok()
                .out();
        assertThat(out)
                .startsWith("70b, lora: 207,093,760 of 70,553,706,496 values trained (0.294 %)\n")
                .contains("  adapter          828.4 MB   4 bytes · 207,093,760 values trained\n")
                .contains("nf4, blocks of 64, double-quantised: 4.127 bits each")
                .contains("(on a GPU, activations in bf16, all else trained in f32; by formula, not measured)");
    }

    @Test
    void optimisers_are_asked_what_they_keep() {
        assertThat(number(plan("--model", "7b", "--optimizer", "lion"), "memory", "optimiser", "bytes"))
                .isEqualTo(4 * number(plan("--model", "7b"), "trained"));
        Map<String, Object> without = plan("--model", "7b", "--optimizer", "sgd", "--momentum", 0);
        assertThat(number(without, "memory", "optimiser", "bytes")).isZero();
    }

    @Test
    void tables_compare_four_ways_and_the_storage_of_ten() {
        Map<String, Object> t = json(Cli.run("plan", "tables", "--json").ok());
        assertThat(number(t, "methods", "full", "trained")).isEqualTo(70_553_706_496L);
        assertThat(number(t, "methods", "LoRA", "trained")).isEqualTo(LORA_70B);
        long lengths = 80L * (2 * 8192 + 2 * 1024 + 2 * 28672 + 8192); // one for each output of seven layers
        assertThat(number(t, "methods", "DoRA", "trained")).isEqualTo(LORA_70B + lengths);
        assertThat(number(t, "storage_bytes", "full")).isEqualTo(10 * 2 * 70_553_706_496L);
        assertThat(number(t, "storage_bytes", "LoRA")).isEqualTo(2 * 70_553_706_496L + 10 * 4 * LORA_70B);
        assertThat(real(t, "methods", "QLoRA", "inference_speed")).isGreaterThan(3);
        String text = Cli.run("plan", "tables").ok().out();
        assertThat(text).contains("storage of 10 results", "10 · 141 GB", "1,411 GB");
    }

    @Test
    void mistakes_are_told_in_one_line() {
        Cli.run("plan").refuses("Missing required option: '--model=DIR|FILE|NAME' (see gradine plan --help)");
        Cli.run("plan", "--model", "80b")
                .refuses("80b: no such file or folder, expected a model, a config.json or one of 7b, 8b, 13b, 70b");
        Cli.run("plan", "--model", "7b", "--hardware", "abacus")
                .refuses("--hardware: abacus, expected one of cpu, rtx-3090, rtx-4090, a100, h100, h200");
        Cli.run("plan", "--model", "7b", "--flops", 0).refuses("flops: 0.0, expected a finite number above 0");
        Cli.run("plan", "--model", "7b", "--batch", 0).refuses("--batch: 0, expected at least 1");
        Cli.run("plan", "--model", small(), "--length", 8193)
                .refuses("--length: 8193, expected at most 8192, the positions of " + temp.resolve("config.json"));
        Path other = TinyModel.text(temp.resolve("other.json"), "{\"model_type\": \"abacus\"}");
        Cli unknown = Cli.run("plan", "--model", other);
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err())
                .startsWith("gradine: " + other + ": ")
                .contains("abacus")
                .hasLineCount(1);
    }
}
