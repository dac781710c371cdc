package dev.gradine.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which tokens are drawn, and how often.
class SamplerTest {

    private static final float[] LOGITS = {0.5f, 2, -1, 2, 1.25f};
    private static final int DRAWS = 40_000;

    /// How often each token is drawn.
    private static long[] counts(Sampler s, float[] logits) {
        SplittableRandom rng = new SplittableRandom(17);
        long[] n = new long[logits.length];
        for (int i = 0; i < DRAWS; i++) n[s.next(logits, rng)]++;
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
        assertThat(Sampler.GREEDY.next(LOGITS, new SplittableRandom(1))).isEqualTo(1);
        assertThat(Sampler.argmax(new float[] {-3, -3, -4})).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1", "0.5", "2.5"})
    void tokens_are_drawn_by_their_probability(double temperature) {
        double[] p = softmax(LOGITS, temperature, 0, 1, 2, 3, 4);
        assertDistribution(counts(new Sampler(temperature, 0, 1), LOGITS), p);
    }

    @Test
    void a_distribution_off_by_five_percent_would_show() {
        double[] p = softmax(LOGITS, 1, 0, 1, 2, 3, 4);
        assertThat(0.05 * DRAWS * p[1]).isGreaterThan(bound(p[1]));
    }

    @Test
    void top_k_cuts_to_the_likeliest_and_keeps_their_proportions() {
        assertDistribution(counts(new Sampler(1, 3, 1), LOGITS), softmax(LOGITS, 1, 1, 3, 4));
        assertThat(counts(new Sampler(1, 99, 1), LOGITS)).doesNotContain(0L);
    }

    @Test
    void top_k_of_one_takes_the_first_of_a_tie() {
        assertThat(counts(new Sampler(1, 1, 1), LOGITS)[1]).isEqualTo(DRAWS);
    }

    @Test
    void top_p_keeps_the_fewest_that_reach_it() {
        double[] p = softmax(LOGITS, 1, 0, 1, 2, 3, 4);
        double two = p[1] + p[3];
        assertDistribution(counts(new Sampler(1, 0, two - 1e-6), LOGITS), softmax(LOGITS, 1, 1, 3));
        assertDistribution(counts(new Sampler(1, 0, two + 1e-6), LOGITS), softmax(LOGITS, 1, 1, 3, 4));
        assertThat(counts(new Sampler(1, 0, 1e-9), LOGITS)[1]).isEqualTo(DRAWS);
    }

    @Test
    void negative_zero_and_negative_logits_are_in_order() {
        float[] logits = {-5, -0f, 0f, 3, -1e30f};
        assertThat(IntStream.range(0, 5).filter(i -> counts(new Sampler(1, 3, 1), logits)[i] > 0))
                .containsExactly(1, 2, 3);
    }

    @Test
    void equal_seeds_draw_equal_tokens() {
        Sampler s = new Sampler(1, 0, 0.95);
        assertThat(sequence(s, 3)).isEqualTo(sequence(s, 3)).isNotEqualTo(sequence(s, 4));
    }

    private static int[] sequence(Sampler s, long seed) {
        SplittableRandom rng = new SplittableRandom(seed);
        int[] drawn = new int[50];
        Arrays.setAll(drawn, _ -> s.next(LOGITS, rng));
        return drawn;
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
        assertThatThrownBy(() -> new Sampler(temperature, topK, topP))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
