package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Approximation;
import dev.gradine.cuda.sim.Options;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Where the device draws another token than the CPU: within rounding of a boundary between two tokens, nowhere else.
class SamplingAgreementTest {

    private static final int V = 120;
    private static final int DRAWS = 200;
    private static final float[] LOGITS = logits();

    private static final SamplingParams[] RULES = {
        new SamplingParams(1, 0, 1),
        new SamplingParams(0.6, 0, 0.9),
        new SamplingParams(2, 50, 1),
        new SamplingParams(1.3, 100, 0.97)
    };

    private static float[] logits() {
        SplittableRandom rng = new SplittableRandom(3);
        float[] z = new float[V];
        for (int i = 0; i < V; i++) z[i] = (float) rng.nextDouble(-6, 6);
        for (int i = 10; i < V; i += 10) z[i] = z[i - 7]; // ties, which tokens put in order
        return z;
    }

    /// A distribution in the order of the contract, in f64.
    ///
    /// @param tokens in that order
    /// @param upTo their running sums, of which the last is 1
    /// @param bound how far a running sum of the device may be off
    private record Exact(List<Integer> tokens, List<Double> upTo, double bound) {

        /// The kernel's x = (z − m) / T comes by four roundings of 2⁻²⁴ |x|, and its 2^(x log₂ e) errs by two
        /// units in the last place, 2⁻²²; so p errs by ε = 2⁻²² (1 + |x|) of it. A ratio of sums of p errs by
        /// Σ p ε at most. Weights are cut to whole numbers of 2⁻⁴⁰.
        static Exact of(SamplingParams params) {
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < V; i++) order.add(i);
            if (params.cuts()) order.sort(Comparator.<Integer>comparingDouble(i -> -LOGITS[i])); // is stable
            float largest = Float.NEGATIVE_INFINITY;
            for (float z : LOGITS) largest = Math.max(largest, z);
            int n = params.topK() == 0 ? V : Math.min(V, params.topK());
            double[] sums = new double[n];
            double sum = 0;
            double error = 0;
            for (int i = 0; i < n; i++) {
                double x = (LOGITS[order.get(i)] - largest) / params.temperature();
                sum += Math.exp(x);
                error += Math.exp(x) * 0x1p-22 * (1 - x);
                sums[i] = sum;
            }
            int kept = 1;
            while (kept < n && sums[kept - 1] < params.topP() * sum) kept++;
            double mass = sums[kept - 1];
            List<Double> upTo =
                    Arrays.stream(sums, 0, kept).map(s -> s / mass).boxed().toList();
            return new Exact(order.subList(0, kept), upTo, error / mass + V * 0x1p-40);
        }
    }

    private static int[] draw(Kernels device, SamplingParams params, double... u) {
        float[] rows = new float[u.length * V];
        for (int i = 0; i < u.length; i++) System.arraycopy(LOGITS, 0, rows, i * V, V);
        try (Kernels k = device.openStep()) {
            Tensor tokens = k.empty(DType.I32, Shape.of(u.length));
            k.sampling().draw(k.of(Shape.of(u.length, V), rows), params, u, tokens);
            return k.downloadInts(tokens);
        }
    }

    @ParameterizedTest
    @EnumSource
    void draws_are_the_cpus_beside_every_boundary(Approximation approximation) {
        try (Kernels sim = CudaKernels.open(new Simulator(Options.defaults().with(approximation)));
                Kernels cpu = CpuKernels.open()) {
            for (SamplingParams params : RULES) {
                Exact exact = Exact.of(params);
                double[] u = exact.upTo.stream()
                        .flatMap(x -> Stream.of(x - 2 * exact.bound, x + 2 * exact.bound))
                        .mapToDouble(x -> x)
                        .filter(x -> x >= 0 && x < 1)
                        .limit(DRAWS)
                        .toArray();
                assertThat(draw(sim, params, u)).as(params.toString()).isEqualTo(draw(cpu, params, u));
            }
        }
    }

    @Test
    void draws_differ_from_the_cpus_by_less_than_the_bound_of_u() {
        double[] random = new SplittableRandom(4).doubles(DRAWS).toArray();
        int differ = 0;
        try (Kernels sim = CudaKernels.open(new Simulator());
                Kernels cpu = CpuKernels.open()) {
            for (SamplingParams params : RULES) {
                Exact exact = Exact.of(params);
                assertThat(draw(sim, params, random)).as(params.toString()).isEqualTo(draw(cpu, params, random));
                double[] at = exact.upTo.stream()
                        .mapToDouble(x -> x)
                        .filter(x -> x < 1)
                        .toArray();
                int[] got = draw(sim, params, at);
                int[] expected = draw(cpu, params, at);
                for (int i = 0; i < at.length; i++) {
                    if (got[i] == expected[i]) continue;
                    differ++;
                    assertThat(distance(exact, got[i], at[i]))
                            .as("%s, u %s", params, at[i])
                            .isLessThan(exact.bound);
                }
            }
        }
        assertThat(differ).as("on the boundaries themselves some do").isPositive();
    }

    /// How far u is from where the token is drawn.
    private static double distance(Exact exact, int token, double u) {
        int i = exact.tokens.indexOf(token);
        if (i < 0) return Double.POSITIVE_INFINITY;
        double from = i == 0 ? 0 : exact.upTo.get(i - 1);
        return Math.max(0, Math.max(from - u, u - exact.upTo.get(i)));
    }

    @Test
    void half_of_two_equal_tokens_is_one_token() {
        try (Kernels sim = CudaKernels.open(new Simulator())) {
            Tensor logits = sim.of(Shape.of(3, 4), 3, 3, -90, -90, -90, 3, 3, -90, -90, -90, 3, 3);
            Tensor tokens = sim.empty(DType.I32, Shape.of(3));
            sim.sampling().draw(logits, new SamplingParams(1, 0, 0.5), new double[] {0.999, 0.999, 0.999}, tokens);
            assertThat(sim.downloadInts(tokens)).containsExactly(0, 1, 2);
        }
    }

    @Test
    void rules_at_the_ends_of_their_ranges_are_those_of_the_cpu() {
        double[] u = {0, 0.25, 0.5, Math.nextDown(1.0)};
        try (Kernels sim = CudaKernels.open(new Simulator());
                Kernels cpu = CpuKernels.open()) {
            for (SamplingParams params : new SamplingParams[] {
                new SamplingParams(1e-300, 0, 1),
                new SamplingParams(1e300, 0, 1),
                new SamplingParams(1, 0, 1e-300),
                new SamplingParams(1, V, Math.nextDown(1.0))
            }) {
                assertThat(draw(sim, params, u)).as(params.toString()).isEqualTo(draw(cpu, params, u));
            }
        }
    }
}
