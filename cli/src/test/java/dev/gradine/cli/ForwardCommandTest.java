package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Safetensors;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `gradine forward`: named tensors in, those that transformers and PEFT compute out.
class ForwardCommandTest {

    private static final List<String> LABELLED = List.of("input_ids", "attention_mask", "token_type_ids", "labels");

    @TempDir
    private Path temp = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {"llama-score", "bert", "modernbert", "roberta", "xlm-roberta", "distilbert"})
    void a_model_of_labels_gives_logits_loss_and_hidden_states(String name) {
        Path folder = Golden.golden("classify/" + name);
        Path golden = folder.resolve("expected.safetensors");
        Path out = forward("--model", folder, "--in", only(golden, LABELLED));
        check(out, "logits", golden, "logits", Tolerance.logits());
        check(out, "loss", golden, "loss", Tolerance.loss());
        if (!has(golden, "last_hidden")) return;
        double[] mask = Arrays.stream(Values.ints(golden, "attention_mask"))
                .asDoubleStream()
                .toArray();
        double[] hidden = Values.doubles(Values.floats(golden, "last_hidden"));
        int width = hidden.length / mask.length;
        for (int i = 0; i < hidden.length; i++) hidden[i] *= mask[i / width]; // rows of padding are 0
        Teeth.bite(Values.floats(out, "last_hidden"), h -> Tolerance.logits().check(name, h, hidden));
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-score", "bert", "modernbert", "roberta", "xlm-roberta", "distilbert"})
    void with_an_adapter_they_are_pefts_and_so_are_gradients(String name) {
        Path folder = Golden.golden("classify/" + name);
        Path golden = folder.resolve("expected.safetensors");
        Path in = only(golden, LABELLED);
        Path out = forward("--model", folder, "--adapter", folder.resolve("adapter"), "--in", in, "--grads");
        check(out, "logits", golden, "lora_logits", Tolerance.logits());
        check(out, "loss", golden, "lora_loss", Tolerance.loss());
        checkGradients(out, golden);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora", "dora", "lora-head-and-bias", "lora-embedding", "prompt-tuning"})
    void gradients_of_a_language_models_adapter_are_pefts(String name) {
        Path golden = Golden.golden("peft/" + name).resolve("expected.safetensors");
        Path in = only(golden, List.of("input_ids", "labels"));
        Path adapter = golden.resolveSibling("adapter");
        Path out = forward("--model", Golden.golden("peft/base"), "--adapter", adapter, "--in", in, "--grads");
        check(out, "logits", golden, "logits", Tolerance.logits());
        checkGradients(out, golden);
    }

    @ParameterizedTest
    @ValueSource(strings = {"olmo2", "qwen3-moe"})
    void a_language_model_gives_logits_and_the_loss_of_its_labels(String name) {
        Path folder = Golden.golden("models/" + name);
        Path golden = folder.resolve("expected.safetensors");
        int[] ids = Values.ints(golden, "input_ids");
        Path in = tokens(Map.of("input_ids", ids, "labels", ids), Shape.of(2, ids.length / 2));
        Path out = forward("--model", folder, "--in", in);
        check(out, "logits", golden, "logits", Tolerance.logits());
        check(out, "loss", golden, "loss", Tolerance.loss());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt2", "llama"})
    void padding_changes_no_logits_of_tokens_and_those_of_padding_are_0(String name) {
        Path folder = Golden.golden("models/" + name);
        Path golden = folder.resolve("expected.safetensors");
        int[] ids = Arrays.copyOf(Values.ints(golden, "input_ids"), 12);
        int[] padded = new int[16];
        System.arraycopy(ids, 0, padded, 0, 12);
        int[] mask = IntStream.range(0, 16).map(i -> i < 12 ? 1 : 0).toArray();
        Path plain = forward("--model", folder, "--in", tokens(Map.of("input_ids", ids), Shape.of(1, 12)));
        double[] want = Values.doubles(Values.floats(plain, "logits"));
        Path in = tokens(Map.of("input_ids", padded, "attention_mask", mask), Shape.of(1, 16));
        float[] got = Values.floats(forward("--model", folder, "--in", in), "logits");
        int vocabulary = want.length / 12;
        Tolerance.logits().check(name, Arrays.copyOf(got, want.length), want);
        assertThat(Arrays.copyOfRange(got, want.length, got.length))
                .hasSize(4 * vocabulary)
                .containsOnly(0);
    }

    @Test
    void an_input_that_the_model_does_not_take_is_refused() {
        Path folder = Golden.golden("models/llama");
        Path in = tokens(Map.of("input_ids", new int[] {1, 2}, "pixel_values", new int[] {1, 2}), Shape.of(1, 2));
        Cli.run("forward", "--model", folder, "--in", in, "--out", temp.resolve("out"))
                .refuses(in + ": pixel_values is no input of a language model (llama), expected some of input_ids,"
                        + " attention_mask, labels");
        assertThat(temp.resolve("out")).doesNotExist();
    }

    @Test
    void gradients_need_an_adapter_and_labels() {
        Path folder = Golden.golden("classify/bert");
        Path in = only(folder.resolve("expected.safetensors"), List.of("input_ids"));
        Path out = temp.resolve("out");
        Cli.run("forward", "--model", folder, "--in", in, "--out", out, "--grads")
                .refuses("--grads needs --adapter, expected one (gradients are of what it trains)");
        Cli without = Cli.run(
                "forward",
                "--model",
                folder,
                "--adapter",
                folder.resolve("adapter"),
                "--in",
                in,
                "--out",
                out,
                "--grads");
        assertThat(without.err()).contains("--grads: " + in + " has no labels, expected some");
    }

    @Test
    void labels_of_words_that_nothing_predicts_are_refused() {
        Path folder = Golden.golden("models/llama");
        int[] ids = {5, 6, 7, 0};
        Map<String, int[]> all = Map.of("input_ids", ids, "labels", ids, "attention_mask", new int[] {1, 1, 0, 0});
        Path in = tokens(all, Shape.of(1, 4));
        Cli.run("forward", "--model", folder, "--in", in, "--out", temp.resolve("out"))
                .refuses(in + ": labels: 1 labels stand behind padding, expected labels behind tokens");
    }

    private Path forward(Object... args) {
        Path out = temp.resolve("out-" + Values.content(temp).size() + ".safetensors");
        Cli.run(Stream.concat(Stream.of("forward", "--out", out), Arrays.stream(args))
                        .toArray())
                .ok();
        return out;
    }

    private static void check(Path out, String name, Path golden, String as, Tolerance tolerance) {
        double[] want = Values.doubles(Values.floats(golden, as));
        Teeth.bite(Values.floats(out, name), got -> tolerance.check(as, got, want));
    }

    /// Each gradient that is expected, and no other.
    private static void checkGradients(Path out, Path golden) {
        Map<String, float[]> want = Values.floats(golden);
        Map<String, float[]> got = Values.floats(out);
        want.keySet().removeIf(n -> !n.startsWith("grad."));
        got.keySet().removeIf(n -> !n.startsWith("grad."));
        assertThat(got.keySet()).containsExactlyInAnyOrderElementsOf(want.keySet());
        want.forEach((name, values) -> {
            double[] expected = Values.doubles(values);
            double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
            float[] given = got.getOrDefault(name, new float[0]);
            Teeth.bite(given, g -> Tolerance.gradient(largest).check(name, g, expected));
        });
    }

    private static boolean has(Path file, String name) {
        try (Arena arena = Arena.ofConfined()) {
            return Safetensors.open(file, arena).names().contains(name);
        }
    }

    /// A file of some tensors of another.
    private Path only(Path file, List<String> names) {
        Path in = temp.resolve("in-" + Values.content(temp).size() + ".safetensors");
        try (Arena arena = Arena.ofShared()) {
            Safetensors all = Safetensors.open(file, arena);
            Map<String, Tensor> kept = new LinkedHashMap<>();
            for (String name : names) if (all.names().contains(name)) kept.put(name, all.tensor(name));
            Safetensors.write(in, kept);
        }
        return in;
    }

    /// A file of whole numbers of 64 bits.
    private Path tokens(Map<String, int[]> all, Shape shape) {
        Path in = temp.resolve("in-" + Values.content(temp).size() + ".safetensors");
        try (Arena arena = Arena.ofShared()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            all.forEach((name, values) -> {
                var data = arena.allocate(8L * values.length, Tensor.ALIGNMENT);
                for (int i = 0; i < values.length; i++) data.setAtIndex(ValueLayout.JAVA_LONG, i, values[i]);
                tensors.put(name, new Tensor(data, DType.I64, shape));
            });
            Safetensors.write(in, tensors);
        }
        return in;
    }
}
