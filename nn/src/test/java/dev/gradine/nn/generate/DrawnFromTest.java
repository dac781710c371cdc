package dev.gradine.nn.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DrawnFromTest {

    private static final float[] LOGITS = {1, 3, -2, 3, 0.5f};
    private static final float NEVER = Float.NEGATIVE_INFINITY;

    private static float[] after(double temperature, int topK, double topP, double minP, int drawn) {
        float[] z = LOGITS.clone();
        DrawnFrom.change(z, new SamplingParams(temperature, topK, topP, minP), drawn);
        return z;
    }

    @Test
    void the_likeliest_is_taken_from_the_logits_as_they_are() {
        assertThat(after(0, 1, 0.1, 0.5, 1)).containsExactly(LOGITS);
    }

    @Test
    void a_temperature_divides() {
        assertThat(after(0.5, 0, 1, 0, 1)).containsExactly(-4, 0, -10, 0, -5);
    }

    @Test
    void what_is_cut_off_has_no_probability_and_of_equal_ones_the_first_stays() {
        assertThat(after(1, 1, 1, 0, 1)).containsExactly(NEVER, 0, NEVER, NEVER, NEVER);
        assertThat(after(1, 0, 0.4, 0, 1)).containsExactly(NEVER, 0, NEVER, NEVER, NEVER);
        assertThat(after(1, 3, 0.99, 0, 1)).containsExactly(-2, 0, NEVER, 0, NEVER);
        assertThat(after(1, 0, 1, 0.1, 1)).containsExactly(-2, 0, NEVER, 0, NEVER);
        assertThat(after(1, 1, 1, 0, 3)).as("what was drawn stays").containsExactly(NEVER, 0, NEVER, 0, NEVER);
    }

    /// The device that draws has code of its own for what it cuts off.
    @Test
    void how_often_a_token_is_drawn_is_its_probability() {
        SplittableRandom rng = new SplittableRandom(3);
        int draws = 4000;
        try (Kernels k = CpuKernels.open()) {
            for (int round = 0; round < 20; round++) {
                float[] z = new float[12];
                for (int t = 0; t < z.length; t++) z[t] = (float) (6 * rng.nextDouble() - 3);
                var params = new SamplingParams(
                        0.3 + 1.7 * rng.nextDouble(),
                        rng.nextInt(10),
                        1 - 0.6 * rng.nextDouble(),
                        0.2 * rng.nextDouble());
                int[] times = new int[z.length];
                Tensor token = k.empty(DType.I32, Shape.of(1));
                for (int i = 0; i < draws; i++) {
                    k.sampling().draw(k.of(Shape.of(1, z.length), z), params, new double[] {(i + 0.5) / draws}, token);
                    times[k.downloadInts(token)[0]]++;
                }
                DrawnFrom.change(z, params, 0 < times[0] ? 0 : argmax(z));
                LogProbs.normalise(z);
                TreeSet<Integer> never = new TreeSet<>();
                for (int t = 0; t < z.length; t++) {
                    assertThat(Math.exp(z[t])).isCloseTo((double) times[t] / draws, within(2.0 / draws));
                    if (times[t] == 0 && z[t] == NEVER) never.add(t);
                }
                if (params.topK() > 0) assertThat(never.size()).isGreaterThanOrEqualTo(z.length - params.topK());
            }
        }
    }

    private static int argmax(float[] z) {
        int best = 0;
        for (int t = 1; t < z.length; t++) if (z[t] > z[best]) best = t;
        return best;
    }
}
