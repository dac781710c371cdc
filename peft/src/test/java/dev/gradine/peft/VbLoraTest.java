package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// VB-LoRA against mixtures of vectors taken one by one in double, and its two forms on disk.
class VbLoraTest {

    private static final String PATH = "base_model.model.model.layers.0.k_proj.";
    private static final String BANK = "base_model.vblora_vector_bank";

    private final Kernels run = CpuKernels.open();
    private final Places places = Places.of(run);

    @TempDir
    private Path folder = Path.of("");

    @AfterEach
    void close() {
        run.close();
    }

    private static VbLora of(int vectors, int length, int topk, boolean onlyTopk) {
        return new VbLora(2, new VbLora.Bank(vectors, length, topk, 1), 0, 1, onlyTopk);
    }

    private AdapterSet fresh(Method method) {
        return AdapterSet.fresh(places, method, Selection.of(".*"), run, new SplittableRandom(1));
    }

    private static Param param(AdapterSet set, String name) {
        return Objects.requireNonNull(set.trained().get(name), name);
    }

    private double[] value(AdapterSet set, String name) {
        return Cases.doubles(run.download(param(set, name).value()));
    }

    private static List<Integer> largest(double[] logits, int row, int n, int k) {
        return IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.comparingDouble(j -> -logits[row * n + j]))
                .limit(k)
                .toList();
    }

    /// Value t of the piece that `row` of the logits makes.
    private static double mixture(double[] logits, int row, double[] bank, int[] size, int k, int t) {
        double above = 0;
        double below = 0;
        for (int j : largest(logits, row, size[0], k)) {
            double e = Math.exp(logits[row * size[0] + j]);
            above += e * bank[j * size[1] + t];
            below += e;
        }
        return above / below;
    }

    /// A layer of six outputs and nine inputs with vectors of three values: A has 2 × 3 pieces, B 2 × 2.
    @Test
    void merged_into_zeros_it_is_the_product_of_mixtures() {
        Weight w = new Weight("q_proj.weight", Param.frozen("w", run.zeros(Shape.of(6, 9))));
        Linear layer = new Linear("q_proj", w, null);
        Places one = new Places(List.of(layer), List.of(), List.of(), List.of(w));
        AdapterSet set = AdapterSet.fresh(one, of(5, 3, 2, false), Selection.of(".*"), run, new SplittableRandom(4));
        double[] a = value(set, "base_model.model.q_proj.vblora_logits_A");
        double[] b = value(set, "base_model.model.q_proj.vblora_logits_B");
        double[] bank = value(set, BANK);
        int[] size = {5, 3};
        double[] expected = new double[6 * 9];
        for (int o = 0; o < 6; o++) {
            for (int i = 0; i < 9; i++) {
                for (int r = 0; r < 2; r++) {
                    expected[o * 9 + i] += mixture(b, o / 3 * 2 + r, bank, size, 2, o % 3)
                            * mixture(a, r * 3 + i / 3, bank, size, 2, i % 3);
                }
            }
        }
        Adapter adapter = set.adapters().firstEntry().getValue();
        float[] merged = run.download(adapter.merged(run.zeros(Shape.of(6, 9)), run));
        Teeth.bite(merged, d -> Tolerance.dot(4, 1, 1).check("merged", d, expected));
    }

    @Test
    void only_the_chosen_logits_and_vectors_get_a_gradient() {
        AdapterSet set = fresh(of(40, 1, 2, false));
        places.backward(set, run);
        double[] logits = value(set, PATH + "vblora_logits_A");
        float[] grad = run.download(param(set, PATH + "vblora_logits_A").grad());
        for (int row = 0; row < grad.length / 40; row++) {
            List<Integer> chosen = largest(logits, row, 40, 2);
            for (int j = 0; j < 40; j++) {
                if (chosen.contains(j)) assertThat(grad[row * 40 + j]).isNotZero();
                else assertThat(grad[row * 40 + j]).isZero();
            }
        }
        List<Integer> used = new ArrayList<>();
        set.trained().forEach((name, p) -> {
            if (name.equals(BANK)) return;
            double[] all = Cases.doubles(run.download(p.value()));
            for (int row = 0; row < all.length / 40; row++) used.addAll(largest(all, row, 40, 2));
        });
        float[] ofBank = run.download(param(set, BANK).grad());
        for (int j = 0; j < 40; j++) assertThat(ofBank[j] != 0).isEqualTo(used.contains(j));
    }

    @ParameterizedTest
    @CsvSource({"5, 3, U8", "256, 2, I16", "5, 1, U8", "32768, 2, I32"})
    void what_is_chosen_alone_computes_the_same(int vectors, int topk, DType type) {
        AdapterSet set = fresh(of(vectors, 1, topk, true));
        AdapterFolder.save(set, folder, "", run);
        try (Arena arena = Arena.ofConfined()) {
            Safetensors file = Safetensors.open(folder.resolve(AdapterFolder.WEIGHTS), arena);
            assertThat(file.names())
                    .contains(BANK)
                    .noneMatch(name -> name.endsWith("logits_A") || name.endsWith("logits_B"));
            Tensor indices = file.tensor(PATH + "vblora_logits_A_topk_indices");
            assertThat(indices.dtype()).isEqualTo(type);
            assertThat(indices.shape()).isEqualTo(Shape.of(2, 24, topk));
            assertThat(file.tensor(PATH + "vblora_logits_A_topk_weights").shape())
                    .isEqualTo(Shape.of(2, 24, topk - 1));
        }
        double[] expected = Cases.doubles(places.output(set, run));
        float[] y = places.output(AdapterFolder.load(folder, places, run), run);
        Teeth.bite(y, d -> Tolerance.dot(Places.IN, 3, 2).check("loaded", d, expected));
    }

    @Test
    void training_does_not_go_on_from_what_was_chosen() {
        of(5, 1, 2, false).requireContinues();
        assertThatThrownBy(() -> of(5, 1, 2, true).requireContinues())
                .isInstanceOf(AdapterException.class)
                .hasMessage("vblora: training cannot go on from a file of save_only_topk_weights, which has no logits"
                        + " of the vectors not chosen; expected one written without it");
    }

    private void refused(String part, Tensor instead, String message) {
        AdapterFolder.save(fresh(of(5, 1, 2, true)), folder, "", run);
        try (Arena arena = Arena.ofConfined()) {
            Path file = folder.resolve(AdapterFolder.WEIGHTS);
            Map<String, Tensor> all = new LinkedHashMap<>();
            Safetensors old = Safetensors.open(file, arena);
            for (String name : old.names()) all.put(name, old.tensor(name));
            all.put(PATH + "vblora_logits_B" + part, instead);
            Safetensors.write(file, all);
        }
        assertThatThrownBy(() -> AdapterFolder.load(folder, places, run))
                .isInstanceOf(AdapterException.class)
                .hasMessage(folder + ": " + PATH + "vblora_logits_B" + part + message);
    }

    @Test
    void a_vector_there_is_not_is_refused() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor six = Tensor.of(
                    arena,
                    Shape.of(18, 2, 2),
                    IntStream.range(0, 72).map(i -> i == 7 ? 6 : i % 2).toArray());
            refused("_topk_indices", six, ": value 7 is 6, expected 0 to 4, the number of a vector");
        }
    }

    @Test
    void a_weight_above_one_is_refused() {
        try (Arena arena = Arena.ofConfined()) {
            float[] weights = new float[36];
            weights[3] = 1.5f;
            refused(
                    "_topk_weights",
                    Tensor.of(arena, Shape.of(18, 2, 1), weights),
                    ": value 3 is 1.5, expected 0 to 1");
        }
    }

    @Test
    void indices_of_another_shape_are_refused() {
        try (Arena arena = Arena.ofConfined()) {
            Tensor flat = Tensor.of(arena, Shape.of(36), new int[36]);
            refused("_topk_indices", flat, " is [36], expected [18, 2, 2] (the configuration and the model)");
        }
    }

    @Test
    void vectors_that_do_not_divide_a_layer_are_refused() {
        assertThatThrownBy(() -> fresh(of(5, 5, 2, false)))
                .isInstanceOf(AdapterException.class)
                .hasMessage("vblora: vector_length is 5, expected a divisor of the 24 inputs of model.layers.0.k_proj");
    }

    @Test
    void a_mixture_of_more_vectors_than_there_are_is_refused() {
        assertThatThrownBy(() -> of(5, 1, 6, false))
                .isInstanceOf(AdapterException.class)
                .hasMessage("vblora: topk is 6, expected at most num_vectors 5");
    }

    @Test
    void the_references_adapter_of_this_method_is_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters()).contains("vblora");
    }
}
