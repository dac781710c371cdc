package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// An adapter of a quantised base is merged in one of three ways, each named, measured and bounded.
class MergeOntoTest {

    private final Path base = Golden.golden("peft/base");
    private final Path adapter = Golden.golden("peft/lora/adapter");
    private final Path ids = Golden.golden("peft/lora/expected.safetensors");

    @TempDir
    private Path temp = Path.of("");

    private Cli merge(String out, Object... more) {
        List<Object> args = new ArrayList<>(List.of("merge", "--adapter", adapter, "--out", temp.resolve(out)));
        args.addAll(Arrays.asList(more));
        return Cli.run(args.toArray());
    }

    private float[] logits(Object... model) {
        Path out = temp.resolve("scored.safetensors");
        List<Object> args = new ArrayList<>(List.of("score", "--ids", ids, "--out", out));
        args.addAll(Arrays.asList(model));
        Cli.run(args.toArray()).ok();
        return Values.floats(out, "logits");
    }

    private byte[] weights(String out) {
        return Values.bytes(temp.resolve(out).resolve("model.safetensors"));
    }

    /// ‖full − decoded‖ / ‖plain + ΔW − plain‖, from the files alone.
    private double error() {
        Map<String, float[]> full = Values.floats(temp.resolve("full/model.safetensors"));
        Map<String, float[]> decoded = Values.floats(temp.resolve("decoded/model.safetensors"));
        Map<String, float[]> plain = Values.floats(base.resolve("model.safetensors"));
        double errors = 0;
        double deltas = 0;
        for (String name : full.keySet()) {
            float[] f = full.getOrDefault(name, new float[0]);
            float[] d = decoded.getOrDefault(name, new float[0]);
            float[] p = plain.getOrDefault(name, new float[0]);
            if (Arrays.equals(f, p)) continue; // not adapted
            for (int i = 0; i < f.length; i++) {
                errors += ((double) f[i] - d[i]) * ((double) f[i] - d[i]);
                deltas += ((double) f[i] - p[i]) * ((double) f[i] - p[i]);
            }
        }
        return Math.sqrt(errors / deltas);
    }

    private static double printed(Cli merge) {
        return Double.parseDouble(merge.out().replaceFirst("(?s).*weights are (\\S+) of the adapter's.*", "$1"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nf4", "int8"})
    void each_way_computes_what_its_name_says_and_prints_its_error(String type) {
        Cli decoded = merge("decoded", "--model", base, "--quantize", type).ok();
        assertThat(decoded.out()).startsWith("onto decoded: ");
        assertThat(printed(decoded)).isLessThan(1e-6);
        Cli full = merge("full", "--model", base, "--quantize", type, "--onto", "full")
                .ok();
        merge("plain", "--model", base).ok();
        assertThat(weights("full")).isEqualTo(weights("plain"));
        assertThat(full.out()).startsWith("onto full: ");
        new Tolerance(0, 0.05, "printed with two digits").check("error", printed(full), error());
        Cli again = merge("again", "--model", base, "--quantize", type, "--onto", "requantised")
                .ok();
        assertThat(again.out()).startsWith("onto requantised: ");
        assertThat(printed(again)).isBetween(0.5 * printed(full), 2 * printed(full));
        float[] once = logits("--model", temp.resolve("again"));
        assertThat(once).isEqualTo(logits("--model", temp.resolve("decoded"), "--quantize", type));
        assertThat(Json.readObject(temp.resolve("again/config.json"))).containsKey("quantization_config");
        assertThat(weights("again").length).isLessThan(weights("decoded").length / 2);
    }

    @Test
    void full_weights_may_lie_elsewhere() {
        Path small = temp.resolve("small");
        Cli.run("quantize", "--model", base, "--quantize", "nf4", "--double-quant", "--out", small)
                .ok();
        merge("plain", "--model", base).ok();
        merge("full", "--model", small, "--onto", "full", "--base-weights", base)
                .ok();
        assertThat(weights("full")).isEqualTo(weights("plain"));
        merge("again", "--model", small, "--onto", "requantised").ok();
        assertThat(Json.readObject(temp.resolve("again/config.json")).get("quantization_config"))
                .isEqualTo(Json.readObject(small.resolve("config.json")).get("quantization_config"));
        try (Arena arena = Arena.ofConfined()) {
            assertThat(Safetensors.open(temp.resolve("again/model.safetensors"), arena)
                            .names())
                    .containsExactlyInAnyOrderElementsOf(Safetensors.open(small.resolve("model.safetensors"), arena)
                            .names());
        }
        says(
                merge("x", "--model", small, "--onto", "full"),
                "--onto full: missing --base-weights, expected the model %s was quantised from".formatted(small));
        says(
                merge("x", "--model", small, "--onto", "full", "--base-weights", small),
                "--base-weights: %s is quantised, expected the weights before".formatted(small));
    }

    @Test
    void a_base_of_gguf_is_decoded_and_requantised_by_export() {
        Path file = temp.resolve("base.gguf");
        Cli.run("export", "--model", base, "--to", "gguf", "--type", "q8_0", "--out", file)
                .ok();
        Cli full = merge("full", "--model", file, "--onto", "full", "--base-weights", base)
                .ok();
        assertThat(printed(full)).isBetween(0.001, 0.1);
        says(
                merge("x", "--model", file, "--onto", "requantised"),
                "merge: model.embed_tokens.weight is Q8_0, of which safetensors has none; export --to gguf"
                        + " --type q8_0 writes it requantised");
    }

    /// What a command says last; nothing is written.
    private void says(Cli run, String message) {
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).endsWith("gradine: " + message + "\n");
        assertThat(Values.content(temp)).noneMatch(name -> name.equals("x") || name.endsWith(".tmp"));
    }

    @Test
    void a_difference_beyond_the_bound_leaves_nothing() {
        Cli refused = merge("x", "--model", base, "--quantize", "nf4", "--onto", "full", "--max-difference", 0.01);
        double difference = Double.parseDouble(refused.out().replaceFirst("(?s).*largest difference (\\S+),.*", "$1"));
        assertThat(difference).isBetween(0.02, 2.0);
        assertThat(refused.err())
                .containsPattern("merge: logits are \\d\\.\\d\\de-0\\d away from what they were, expected at most"
                        + " 1\\.00e-02 \\(--max-difference\\); nothing is written\n$");
        assertThat(refused.code()).isEqualTo(2);
        assertThat(Values.content(temp)).isEmpty();
        merge("x", "--model", base, "--quantize", "nf4", "--onto", "full", "--max-difference", 2)
                .ok();
    }

    @Test
    void combine_and_convert_have_the_same_bound() {
        Path folder = Golden.golden("combine");
        List<Object> args = List.of("--model", folder.resolve("base"), "--out", temp.resolve("x"), "--adapter");
        List<Object> combine =
                new ArrayList<>(List.of("adapters", "combine", "--weights", "1,1", "--method", "linear"));
        combine.addAll(args);
        combine.addAll(List.of("a=" + folder.resolve("a"), "--adapter", "b=" + folder.resolve("b")));
        beyond(combine, "linear");
        List<Object> convert = new ArrayList<>(List.of("adapters", "convert", "--rank", 1, "--max-error", 2));
        convert.addAll(args);
        convert.add(folder.resolve("a"));
        beyond(convert, "convert");
    }

    private void beyond(List<Object> args, String what) {
        List<Object> all = new ArrayList<>(args);
        all.addAll(List.of("--max-difference", "1e-9"));
        Cli run = Cli.run(all.toArray());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err())
                .containsPattern("gradine: %s: logits are .* \\(--max-difference\\); nothing is written\n$"
                        .formatted(what.toLowerCase(Locale.ROOT)));
        assertThat(temp.resolve("x")).doesNotExist();
    }

    @Test
    void mistakes_are_told_in_one_line() {
        merge("x", "--model", base, "--onto", "top").refuses("--onto: top, expected decoded, full or requantised");
        merge("x", "--model", base, "--onto", "decoded")
                .refuses("--onto: %s is not quantised, expected a base that is, or --quantize".formatted(base));
        merge("x", "--model", base, "--base-weights", base).refuses("--base-weights needs --onto full");
        says(merge("x", "--model", base, "--max-difference", -1), "--max-difference: -1.0, expected at least 0");
    }
}
