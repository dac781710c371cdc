package dev.gradine.optim;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The formula itself is tested where the kernel is.
class LionTest implements OptimizerContract {

    @Override
    public Optimizer.Settings settings() {
        return Lion.Settings.defaults();
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Test
    void twenty_steps_are_those_of_bitsandbytes() {
        GoldenSteps.check(Lion.Settings.defaults(), "lion", 1e-3, 0.1);
    }

    @Test
    void refuses_numbers_out_of_range() {
        assertThatThrownBy(() -> new Lion.Settings(1, 0.9))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("lion: beta1: 1.0, expected 0 or more and below 1");
        assertThatThrownBy(() -> new Lion.Settings(0.9, Double.NaN))
                .hasMessage("lion: beta2: NaN, expected 0 or more and below 1");
    }
}
