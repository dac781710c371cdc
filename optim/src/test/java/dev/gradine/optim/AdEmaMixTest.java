package dev.gradine.optim;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Oracle: the golden values.
class AdEmaMixTest implements OptimizerContract {

    @Override
    public Optimizer.Settings settings() {
        return AdEmaMix.defaults();
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Test
    void twenty_steps_are_those_of_bitsandbytes() {
        GoldenSteps.check(AdEmaMix.defaults(), "ademamix", 1e-3, 0.01);
    }

    /// Oracle: the paper's definition of a half-life that grows in proportion to t.
    @Test
    void the_slow_mean_warms_up() {
        float[] first = slow(1, 100);
        float[] last = slow(100, 100);
        float[] at = slow(100, 0);
        assertThat(last).isEqualTo(at);
        double half = Math.log(0.5) / Math.log(1 - first[0]) - 1; // steps until a mean has forgotten half, less one
        double from = Math.log(0.5) / Math.log(0.9) - 1;
        double to = Math.log(0.5) / Math.log(0.9999) - 1;
        assertThat(half).isCloseTo(0.99 * from + 0.01 * to, withinPercentage(0.5));
    }

    /// What the slow mean becomes in step `t` of a gradient of 1.
    private static float[] slow(int t, int warm) {
        try (Vectors v = new Vectors(new AdEmaMix(Moments.USUAL, 0.9999, 5, warm), 0)) {
            float[] g = v.gradients(1, 1);
            v.step(t, 0.1, 1);
            float mean = requireNonNull(v.stateValues().get("slow.matrix")).getFirst();
            return new float[] {mean / g[0]};
        }
    }

    @Test
    void refuses_numbers_out_of_range() {
        assertThatThrownBy(() -> new AdEmaMix(Moments.USUAL, 1, 5, 0))
                .hasMessage("beta3: 1.0, expected 0 or more and below 1");
        assertThatThrownBy(() -> new AdEmaMix(Moments.USUAL, 0.9, 5, 3))
                .hasMessage("beta3: 0.9, expected above beta1, itself above 0 (because of warm-slow)");
    }
}
