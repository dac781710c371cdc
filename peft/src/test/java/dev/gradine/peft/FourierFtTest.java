package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.TorchRandom;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// FourierFT against the sum of waves in its paper, wave by wave in double.
class FourierFtTest {

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private static FourierFt of(int n, boolean zero) {
        return new FourierFt(n, new LinkedHashMap<>(), 3, 777, zero ? InitWeights.TRUE : InitWeights.FALSE);
    }

    private Linear layer(String path, int out, int in) {
        Weight w = new Weight(path + ".weight", Param.frozen("w", run.zeros(Shape.of(out, in))));
        return new Linear(path, w, null);
    }

    private Adapter fresh(FourierFt method, Linear layer) {
        return method.fresh(layer, new Start(run, new SplittableRandom(1), 0, Start.NO_TOKENIZER));
    }

    /// Both shapes, even and odd sides, all frequencies and a few.
    @ParameterizedTest
    @CsvSource({"6, 9, 20", "9, 6, 20", "5, 5, 25", "8, 4, 1", "1, 7, 3"})
    void merged_into_zeros_it_is_the_sum_of_waves(int out, int in, int n) {
        Adapter a = fresh(of(n, false), layer("q_proj", out, in));
        float[] c = run.download(a.params().firstEntry().getValue().value());
        long[] places = new TorchRandom(777).permutation((long) out * in, n);
        double[] expected = new double[out * in];
        for (int o = 0; o < out; o++) {
            for (int i = 0; i < in; i++) {
                for (int k = 0; k < n; k++) {
                    long u = places[k] / in;
                    long v = places[k] % in;
                    double turns = (double) u * o / out + (double) v * i / in;
                    expected[o * in + i] += 3.0 / (out * in) * c[k] * Math.cos(2 * Math.PI * turns);
                }
            }
        }
        float[] merged = run.download(a.merged(run.zeros(Shape.of(out, in)), run));
        Tolerance tolerance = Tolerance.sum(n, 6.0 / (out * in)); // |c| is below 2 or 3
        Teeth.bite(merged, w -> tolerance.check("merged", w, expected));
    }

    @Test
    void coefficients_start_normal_or_as_zeros() {
        Linear layer = layer("q_proj", 6, 9);
        assertThat(run.download(fresh(of(5, true), layer)
                        .params()
                        .firstEntry()
                        .getValue()
                        .value()))
                .containsOnly(0);
        assertThat(run.download(fresh(of(5, false), layer)
                        .params()
                        .firstEntry()
                        .getValue()
                        .value()))
                .doesNotHaveDuplicates()
                .doesNotContain(0);
        assertThat(of(5, true).begins()).isEqualTo(Method.Beginning.SAME);
        assertThat(of(5, false).begins()).isEqualTo(Method.Beginning.OTHER);
    }

    /// PEFT asks for a dot before the pattern, or for the path itself.
    @Test
    void the_first_pattern_that_ends_the_path_counts() {
        SequencedMap<String, Integer> patterns = new LinkedHashMap<>();
        patterns.put("0\\..*", 2);
        patterns.put("q_proj", 3);
        patterns.put("v_proj", 4);
        FourierFt method = new FourierFt(7, patterns, 3, 777, InitWeights.TRUE);
        assertThat(method.parameters(layer("model.layers.0.q_proj", 6, 9))).isEqualTo(2);
        assertThat(method.parameters(layer("model.layers.1.q_proj", 6, 9))).isEqualTo(3);
        assertThat(method.parameters(layer("v_proj", 6, 9))).isEqualTo(4);
        assertThat(method.parameters(layer("model.layers.1.qq_proj", 6, 9))).isEqualTo(7);
    }

    @Test
    void more_coefficients_than_weights_are_refused() {
        assertThatThrownBy(() -> fresh(of(55, true), layer("q_proj", 6, 9)))
                .isInstanceOf(AdapterException.class)
                .hasMessage("fourierft: n_frequency is 55, expected 1 to 54, the number of weights of q_proj");
    }

    @Test
    void the_references_adapter_of_this_method_is_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters()).contains("fourierft");
    }
}
