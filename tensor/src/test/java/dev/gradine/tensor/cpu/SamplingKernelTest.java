package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which tokens are drawn, and how often.
class SamplingKernelTest {

    private static final float[] LOGITS = {0.5f, 2, -1, 2, 1.25f};
    private static final int DRAWS = 40_000;

    /// A token of the same logits for each value of `u`.
    private static int[] draw(SamplingParams s, float[] logits, double... u) {
        float[] rows = new float[u.length * logits.length];
        for (int i = 0; i < u.length; i++) System.arraycopy(logits, 0, rows, i * logits.length, logits.length);
        try (Tensors t = new Tensors()) {
            Tensor tokens = t.ints(new int[u.length]);
            SamplingCpu.KERNEL.draw(t.of(Shape.of(u.length, logits.length), rows), s, u, tokens);
            return t.intValues(tokens);
        }
    }

    /// How often each token is drawn.
    private static long[] counts(SamplingParams s, float[] logits) {
        long[] n = new long[logits.length];
        for (int token : draw(s, logits, new SplittableRandom(17).doubles(DRAWS).toArray())) n[token]++;
        return n;
    }

    private static double[] softmax(float[] logits, double temperature, int... kept) {
        double[] p = new double[logits.length];
        for (int i : kept) p[i] = Math.exp(logits[i] / temperature);
        double sum = DoubleStream.of(p).sum();
        for (int i = 0; i < p.length; i++) p[i] /= sum;
        return p;
    }

    /// Within five standard deviations of the binomial distribution: less than one false alarm in a million.
    private static void assertDistribution(long[] n, double[] p) {
        for (int i = 0; i < p.length; i++) {
            assertThat(Math.abs(n[i] - DRAWS * p[i])).as("token %d", i).isLessThanOrEqualTo(bound(p[i]));
        }
    }

    private static double bound(double p) {
        return 5 * Math.sqrt(DRAWS * p * (1 - p));
    }

    @Test
    void greedy_takes_the_first_of_the_likeliest() {
        assertThat(draw(SamplingParams.GREEDY, LOGITS, 0)).containsExactly(1);
        assertThat(draw(SamplingParams.GREEDY, new float[] {-3, -3, -4}, 0)).containsExactly(0);
    }

    @ParameterizedTest
    @CsvSource({"1", "0.5", "2.5"})
    void tokens_are_drawn_by_their_probability(double temperature) {
        double[] p = softmax(LOGITS, temperature, 0, 1, 2, 3, 4);
        assertDistribution(counts(new SamplingParams(temperature, 0, 1), LOGITS), p);
    }

    @Test
    void a_distribution_off_by_five_percent_would_show() {
        double[] p = softmax(LOGITS, 1, 0, 1, 2, 3, 4);
        assertThat(0.05 * DRAWS * p[1]).isGreaterThan(bound(p[1]));
    }

    @Test
    void top_k_cuts_to_the_likeliest_and_keeps_their_proportions() {
        assertDistribution(counts(new SamplingParams(1, 3, 1), LOGITS), softmax(LOGITS, 1, 1, 3, 4));
        assertThat(counts(new SamplingParams(1, 99, 1), LOGITS)).doesNotContain(0L);
    }

    @Test
    void top_k_of_one_takes_the_first_of_a_tie() {
        assertThat(counts(new SamplingParams(1, 1, 1), LOGITS)[1]).isEqualTo(DRAWS);
    }

    @Test
    void top_p_keeps_the_fewest_that_reach_it() {
        double[] p = softmax(LOGITS, 1, 0, 1, 2, 3, 4);
        double two = p[1] + p[3];
        assertDistribution(counts(new SamplingParams(1, 0, two - 1e-6), LOGITS), softmax(LOGITS, 1, 1, 3));
        assertDistribution(counts(new SamplingParams(1, 0, two + 1e-6), LOGITS), softmax(LOGITS, 1, 1, 3, 4));
        assertThat(counts(new SamplingParams(1, 0, 1e-9), LOGITS)[1]).isEqualTo(DRAWS);
    }

    @Test
    void min_p_keeps_those_of_a_share_of_the_likeliest() {
        double[] p = softmax(LOGITS, 1, 0, 1, 2, 3, 4);
        double share = p[4] / p[1];
        assertDistribution(counts(new SamplingParams(1, 0, 1, share - 1e-6), LOGITS), softmax(LOGITS, 1, 1, 3, 4));
        assertDistribution(counts(new SamplingParams(1, 0, 1, share + 1e-6), LOGITS), softmax(LOGITS, 1, 1, 3));
        assertDistribution(counts(new SamplingParams(1, 2, 1, share - 1e-6), LOGITS), softmax(LOGITS, 1, 1, 3));
    }

    /// Of a vocabulary of which most tokens are unlikely, the same is drawn as by sorting all of it.
    @ParameterizedTest
    @CsvSource({
        "0.7,0,0.95,0",
        "1,0,0.9999,0",
        "1.5,2000,1,0",
        "0.9,40,0.9,0",
        "1.3,100,0.97,0",
        "0.9,900,0.98,0.05",
        "1,0,1,0.001",
        "3,0,0.999999,0"
    })
    void a_large_vocabulary_gives_what_sorting_all_of_it_gives(double temperature, int topK, double topP, double minP) {
        SplittableRandom rng = new SplittableRandom(5);
        SamplingParams params = new SamplingParams(temperature, topK, topP, minP);
        for (int round = 0; round < 40; round++) {
            float[] z = new float[5000];
            for (int i = 0; i < z.length; i++) z[i] = (float) (4 * rng.nextGaussian());
            double u = rng.nextDouble();
            assertThat(draw(params, z, u)[0]).isEqualTo(sorted(z, params, u));
        }
    }

    private static int sorted(float[] z, SamplingParams s, double u) {
        List<Integer> order = IntStream.range(0, z.length)
                .boxed()
                .sorted((a, b) -> Float.compare(z[b], z[a]))
                .limit(s.topK() == 0 ? z.length : s.topK())
                .toList();
        double[] p = order.stream()
                .mapToDouble(i -> Math.exp((z[i] - z[order.getFirst()]) / s.temperature()))
                .toArray();
        double all = DoubleStream.of(p).sum();
        int kept = 0;
        double mass = 0;
        while (kept < p.length && mass < s.topP() * all && p[kept] >= s.minP()) mass += p[kept++];
        double left = u * mass;
        for (int i = 0; i < kept; i++) if ((left -= p[i]) < 0) return order.get(i);
        return order.get(kept - 1);
    }

    @Test
    void negative_zero_and_negative_logits_are_in_order() {
        float[] logits = {-5, -0f, 0f, 3, -1e30f};
        assertThat(IntStream.range(0, 5).filter(i -> counts(new SamplingParams(1, 3, 1), logits)[i] > 0))
                .containsExactly(1, 2, 3);
    }

    /// Logits with ties and with neighbours a last bit apart.
    private static float[] logits(SplittableRandom rng) {
        float[] z = new float[97];
        for (int i = 0; i < z.length; i++) z[i] = Math.round(rng.nextDouble(-24, 24)) / 8f;
        for (int i = 3; i < z.length; i += 7) z[i] = Math.nextUp(z[i - 2]);
        return z;
    }

    private static List<Integer> sequence(SamplingParams s) {
        SplittableRandom rng = new SplittableRandom(11);
        SplittableRandom draws = new SplittableRandom(12);
        return IntStream.range(0, 24)
                .map(_ -> draw(s, logits(rng), s.isGreedy() ? 0 : draws.nextDouble())[0])
                .boxed()
                .toList();
    }

    /// A seed that wrote a text writes it for ever.
    @Test
    void equal_seeds_draw_the_tokens_they_have_always_drawn() {
        assertThat(sequence(SamplingParams.GREEDY))
                .containsExactly(
                        73, 74, 3, 23, 14, 39, 19, 27, 79, 65, 67, 13, 26, 59, 93, 40, 18, 9, 16, 67, 12, 39, 47, 89);
        assertThat(sequence(new SamplingParams(0.8, 0, 1)))
                .containsExactly(
                        53, 89, 10, 92, 73, 24, 19, 80, 30, 16, 82, 65, 48, 19, 66, 8, 86, 62, 41, 69, 65, 94, 26, 70);
        assertThat(sequence(new SamplingParams(0.7, 0, 0.95)))
                .containsExactly(
                        25, 23, 79, 56, 15, 88, 26, 32, 11, 40, 7, 76, 17, 57, 88, 71, 85, 33, 3, 1, 47, 31, 13, 92);
        assertThat(sequence(new SamplingParams(1.3, 20, 1)))
                .containsExactly(
                        88, 50, 79, 88, 87, 88, 26, 79, 48, 40, 19, 76, 5, 57, 77, 71, 60, 31, 2, 83, 2, 25, 53, 28);
        assertThat(sequence(new SamplingParams(1, 40, 0.5)))
                .containsExactly(
                        42, 40, 12, 7, 33, 77, 26, 87, 49, 65, 76, 15, 0, 57, 64, 7, 34, 26, 52, 79, 83, 13, 38, 9);
    }

    @Test
    void refuses_a_u_too_many_or_out_of_range() {
        SamplingParams s = new SamplingParams(1, 0, 1);
        try (Tensors t = new Tensors()) {
            Tensor z = t.of(Shape.of(1, 5), LOGITS);
            assertThatThrownBy(() -> SamplingCpu.KERNEL.draw(z, s, new double[2], t.ints(0)))
                    .isInstanceOf(ShapeException.class)
                    .hasMessage("sampling: u has 2 values, expected 1 (rows of logits [1, 5])");
            assertThatThrownBy(() -> SamplingCpu.KERNEL.draw(z, s, new double[] {1}, t.ints(0)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("sampling: u is 1.0, expected in [0, 1)");
        }
    }

    @Test
    void refuses_numbers_out_of_range() {
        assertRefused(-1, 0, 1, "temperature: -1.0, expected at least 0");
        assertRefused(Double.NaN, 0, 1, "temperature: NaN, expected at least 0");
        assertRefused(1, -1, 1, "top-k: -1, expected at least 0 (0 for all)");
        assertRefused(1, 0, 0, "top-p: 0.0, expected above 0 and at most 1");
        assertRefused(1, 0, 1.5, "top-p: 1.5, expected above 0 and at most 1");
    }

    private static void assertRefused(double temperature, int topK, double topP, String message) {
        assertThatThrownBy(() -> new SamplingParams(temperature, topK, topP))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
