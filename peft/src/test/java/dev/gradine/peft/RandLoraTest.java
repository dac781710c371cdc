package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.io.Safetensors;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Weight;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// RandLoRA against its sum in double, and its random matrices against PEFT's.
class RandLoraTest {

    private static final String PATH = "base_model.model.l.randlora_";

    private final Kernels run = CpuKernels.open();

    @TempDir
    private Path folder = Path.of("");

    @AfterEach
    void close() {
        run.close();
    }

    private static RandLora of(boolean sparse, boolean verySparse, boolean saves, boolean usual) {
        InitWeights init = usual ? InitWeights.TRUE : InitWeights.FALSE;
        return new RandLora(3, 6, 0, new RandomBases(11, sparse, verySparse, saves), init);
    }

    private Places layer(int out, int in) {
        Weight w = new Weight("l.weight", Param.frozen("w", run.zeros(Shape.of(out, in))));
        return new Places(List.of(new Linear("l", w, null)), List.of(), List.of(), List.of(w));
    }

    private AdapterSet fresh(Places model, Method method) {
        return AdapterSet.fresh(model, method, Selection.of(".*"), run, new SplittableRandom(1));
    }

    private float[] value(AdapterSet set, String name) {
        Map<String, Param> all = new LinkedHashMap<>(set.trained());
        all.putAll(set.fixed());
        return run.download(Objects.requireNonNull(all.get(name), name).value());
    }

    @Test
    void stored_matrices_are_those_drawn_from_the_seed() {
        try (GoldenAdapter g = new GoldenAdapter("randlora")) {
            AdapterSet stored = g.load();
            AdapterSet drawn =
                    AdapterSet.fresh(g.plain, stored.method(), stored.selection(), g.run, new SplittableRandom(1));
            for (String name : List.of("base_model.randlora_A", "base_model.randlora_B")) {
                Tensor a = Objects.requireNonNull(drawn.fixed().get(name)).value();
                Tensor b = Objects.requireNonNull(stored.fixed().get(name)).value();
                assertThat(g.run.download(a)).isEqualTo(g.run.download(b));
            }
        }
    }

    /// Of a layer of five outputs and four inputs at rank 3 and seed 11, made with PEFT 0.21.2.
    @Test
    void dense_matrices_are_pefts() {
        AdapterSet set = fresh(layer(5, 4), of(false, false, true, true));
        assertThat(value(set, "base_model.randlora_A"))
                .containsExactly(
                        -1.1875f,
                        -0.045166016f,
                        1.640625f,
                        -1.1171875f,
                        0.28320312f,
                        0.65234375f,
                        0.27929688f,
                        -1.25f,
                        0.24316406f,
                        1.4375f,
                        -0.77734375f,
                        0.953125f);
        assertThat(value(set, "base_model.randlora_B"))
                .hasSize(30)
                .startsWith(-0.796875f, -0.12890625f, 0.93359375f, -0.20117188f, -0.8359375f, 0.45507812f)
                .endsWith(-1.5390625f, -0.23925781f, -0.21582031f, -0.703125f, 1.2109375f);
    }

    @Test
    void sparse_matrices_are_pefts() {
        AdapterSet set = fresh(layer(5, 4), of(true, false, true, true));
        float one = 1.6583123f;
        double[] a = {-one, 0, one, 0, 0, 0, 0, -one, 0, one, 0, 0};
        Tolerance.elementwise(1).check("A", value(set, "base_model.randlora_A"), a);
        one = 1.6462929f;
        double[] b = {
            0, 0, 0, 0, -one, 0, 0, 0, one, 0, one, 0, one, -one, 0, //
            0, 0, 0, one, -one, 0, 0, one, -one, one, 0, 0, 0, 0, one
        };
        Tolerance.elementwise(1).check("B", value(set, "base_model.randlora_B"), b);
    }

    @Test
    void very_sparse_matrices_are_pefts() {
        AdapterSet set = fresh(layer(5, 4), of(true, true, true, true));
        float one = 1.3540064f;
        double[] a = {-one, 0, one, -one, 0, 0, 0, -one, 0, one, 0, one};
        Tolerance.elementwise(1).check("A", value(set, "base_model.randlora_A"), a);
    }

    /// More outputs than inputs, fewer, and as many; two matrices at rank 3.
    @ParameterizedTest
    @CsvSource({"5, 4", "4, 5", "4, 4"})
    void merged_into_zeros_it_is_pefts_sum(int out, int in) {
        AdapterSet set = fresh(layer(out, in), of(false, false, true, true));
        TinyModel.perturb(set, run);
        int m = Math.min(out, in);
        float[] lambda = value(set, PATH + "lambda");
        float[] gamma = value(set, PATH + "gamma");
        float[] a = value(set, PATH + "A");
        float[] b = value(set, PATH + "B");
        double[] expected = new double[out * in];
        for (int wide = 0; wide < Math.max(out, in); wide++) {
            for (int small = 0; small < m; small++) {
                double sum = 0;
                for (int j = 0; j < 6; j++) { // row j of A belongs to rank j / 2 and matrix j % 2
                    int r = j / 2;
                    int n = j % 2;
                    sum += b[wide * 6 + j] * lambda[r * 2 + n] * a[r * m + small] * gamma[n * m + small];
                }
                expected[in <= out ? wide * in + small : small * in + wide] = 6.0 / 3 * sum;
            }
        }
        Adapter adapter = set.adapters().firstEntry().getValue();
        float[] merged = run.download(adapter.merged(run.zeros(Shape.of(out, in)), run));
        Teeth.bite(merged, d -> Tolerance.dot(6, 2, 1).check("merged", d, expected));
    }

    @Test
    void scales_start_as_zeros_and_equal_parts_or_as_told() {
        AdapterSet set = fresh(layer(5, 4), of(false, false, true, true));
        assertThat(value(set, PATH + "lambda")).hasSize(6).containsOnly(0);
        assertThat(value(set, PATH + "gamma")).hasSize(8).containsOnly(0.25f);
        AdapterSet other = fresh(layer(5, 4), of(false, false, true, false));
        assertThat(value(other, PATH + "lambda")).hasSize(6).doesNotHaveDuplicates();
        assertThat(value(other, PATH + "gamma")).containsOnly(0.2f);
        assertThat(other.method().begins()).isEqualTo(Method.Beginning.OTHER);
    }

    @Test
    void without_matrices_in_the_file_they_are_drawn_from_the_seed_again() {
        Places model = layer(5, 4);
        AdapterSet set = fresh(model, of(false, false, false, true));
        AdapterFolder.save(set, folder, "", run);
        try (Arena arena = Arena.ofConfined()) {
            assertThat(Safetensors.open(folder.resolve(AdapterFolder.WEIGHTS), arena)
                            .names())
                    .containsExactlyInAnyOrder(PATH + "lambda", PATH + "gamma");
        }
        AdapterSet loaded = AdapterFolder.load(folder, model, run);
        double[] expected = Cases.doubles(value(set, "base_model.randlora_B"));
        Tolerance.exact().check("B", value(loaded, "base_model.randlora_B"), expected);
    }

    @Test
    void two_of_one_model_must_have_one_seed() {
        RandLora method = of(false, false, true, true);
        method.requireBeside(method);
        assertThatThrownBy(() -> method.requireBeside(RandLora.defaults()))
                .isInstanceOf(AdapterException.class)
                .hasMessage("randlora: projection_prng_key is 0, expected 11, that of the model's other adapter of"
                        + " randlora");
    }

    @Test
    void the_references_adapter_of_this_method_is_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters()).contains("randlora");
    }
}
