package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Adapters;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Adapters of the reference implementation compute what they do there, and ours are written as it writes them.
class GoldenAdapterTest {

    @TempDir
    Path folder;

    /// Every adapter that is over the one base as it is, and whose configuration is that of a method there is.
    static List<String> adapters() throws IOException {
        try (Stream<Path> folders = Files.list(Golden.golden("peft"))) {
            return folders.filter(GoldenAdapterTest::isReadable)
                    .map(f -> f.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    private static boolean isReadable(Path golden) {
        if (!Files.exists(golden.resolve("adapter/adapter_config.json"))) return false;
        Set<String> notes = Json.readObject(golden.resolve("expected.json")).keySet();
        if (notes.stream().anyMatch(Set.of("start_from", "quantize", "eva", "steps")::contains)) {
            return false; // eva has B = 0; a schedule has a test of its own
        }
        try {
            AdapterFolder.config(golden.resolve("adapter"));
            return true;
        } catch (AdapterException e) {
            return false;
        }
    }

    @Test
    void those_of_lora_are_among_them() throws IOException {
        assertThat(adapters())
                .contains(
                        "lora",
                        "lora-all-linear",
                        "lora-embedding",
                        "lora-head-and-bias",
                        "lora-one-layer",
                        "lora-patterns",
                        "rslora");
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void logits_are_the_references_on_off_and_merged(String name) {
        try (GoldenAdapter g = new GoldenAdapter(name)) {
            AdapterSet m = g.load();
            check("on", g.logits(m), g.expected("logits"));
            if (Merge.merges(m)) check("merged", g.logits(g.merged(m)), g.expected("merged_logits", "logits"));
            boolean residual =
                    Set.of("pissa", "olora").contains(name); // which is what the reference leaves when it is off
            if (g.has("base_logits") && !residual) check("off", g.logits(Adapters.NONE), g.expected("base_logits"));
        }
    }

    private static void check(String what, float[] logits, double[] expected) {
        Teeth.bite(logits, l -> Tolerance.logits().check(what, l, expected));
    }

    /// Those whose files hold what trains.
    static List<String> trainable() throws IOException {
        return adapters().stream()
                .filter(name -> !Boolean.FALSE.equals(Json.readObject(Golden.golden("peft/" + name + "/expected.json"))
                        .get("train")))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("trainable")
    void loss_and_gradients_are_the_references(String name) {
        try (GoldenAdapter g = new GoldenAdapter(name)) {
            AdapterSet m = g.load();
            Tolerance.loss().check("loss", g.backward(m), g.lossBefore());
            m.trained().forEach((key, p) -> {
                String stored = key.replace("lm_head.weight", "lm_head.modules_to_save.weight")
                        .replace("base_model.vblora", "base_model.model.model.layers.0.self_attn.q_proj.vblora");
                double[] expected = g.expected("grad." + stored, "grad." + stored + ".weight");
                double largest = 0;
                for (double e : expected) largest = Math.max(largest, Math.abs(e));
                Tolerance tolerance = Tolerance.gradient(largest);
                float[] grad = g.stored(m.method(), key, p.grad());
                if (largest > 0) Teeth.bite(grad, d -> tolerance.check(key, d, expected));
                else tolerance.check(key, grad, expected);
            });
        }
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void values_one_percent_off_would_show(String name) {
        try (GoldenAdapter g = new GoldenAdapter(name)) {
            AdapterSet m = g.load();
            for (Param p : m.params()) {
                float[] values = g.run.download(p.value());
                for (int i = 0; i < values.length; i += 3) values[i] *= 1.03f; // a direction has no common factor
                g.run.upload(values, p.value());
            }
            float[] logits = g.logits(m);
            double[] expected = g.expected("logits");
            assertThatThrownBy(() -> Tolerance.logits().check("logits", logits, expected))
                    .isInstanceOf(AssertionError.class);
        }
    }

    @ParameterizedTest
    @MethodSource("adapters")
    void what_we_write_is_what_the_reference_wrote(String name) {
        try (GoldenAdapter g = new GoldenAdapter(name);
                Arena arena = Arena.ofConfined()) {
            Map<String, Object> config = Json.readObject(g.folder.resolve(AdapterFolder.CONFIG));
            Object base = config.get("base_model_name_or_path");
            AdapterFolder.save(g.load(), folder, base == null ? "" : base.toString(), g.run);
            assertThat(sorted(Json.readObject(folder.resolve(AdapterFolder.CONFIG))))
                    .isEqualTo(sorted(config));
            Safetensors ours = Safetensors.open(folder.resolve(AdapterFolder.WEIGHTS), arena);
            Safetensors theirs = Safetensors.open(g.folder.resolve(AdapterFolder.WEIGHTS), arena);
            assertThat(ours.metadata()).isEqualTo(theirs.metadata());
            Set<String> names = new LinkedHashSet<>(theirs.names());
            names.removeIf(n -> n.endsWith(".base_layer.weight")); // the model has it
            assertThat(ours.names()).isEqualTo(names);
            for (String key : names) {
                assertThat(ours.tensor(key).toString())
                        .isEqualTo(theirs.tensor(key).toString());
                assertThat(ours.tensor(key).data().mismatch(theirs.tensor(key).data()))
                        .isEqualTo(-1);
            }
        }
    }

    /// The reference keeps target modules as a set. Heads it takes from the model where a file has none.
    private static Map<String, Object> sorted(Map<String, Object> config) {
        Map<String, Object> m = new TreeMap<>();
        config.forEach((key, value) -> {
            if (value == null || key.equals("num_attention_heads")) m.put(key, "null");
            else m.put(key, key.equals("target_modules") && value instanceof List<?> l ? new HashSet<>(l) : value);
        });
        return m;
    }

    @Test
    void all_linear_is_written_as_the_layers_it_means() {
        try (GoldenAdapter g = new GoldenAdapter("lora-all-linear")) {
            AdapterFolder.save(
                    AdapterSet.fresh(
                            g.model(Map.of()),
                            Lora.of(4, 4),
                            Selection.of("all-linear"),
                            g.run,
                            new SplittableRandom(1)),
                    folder,
                    "",
                    g.run);
            assertThat(sorted(Json.readObject(folder.resolve(AdapterFolder.CONFIG))))
                    .isEqualTo(sorted(Json.readObject(g.folder.resolve(AdapterFolder.CONFIG))));
        }
    }
}
