package dev.gradine.optim;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The formula itself is tested where the kernel is.
class LionTest implements OptimizerContract {

    @Override
    public Optimizer.Settings settings() {
        return Lion.defaults();
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Test
    void twenty_steps_are_those_of_bitsandbytes() {
        GoldenSteps.check(Lion.defaults(), "lion", 1e-3, 0.1);
    }

    @Test
    void refuses_numbers_out_of_range() {
        assertThatThrownBy(() -> new Lion(1, 0.9))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("beta1: 1.0, expected 0 or more and below 1");
        assertThatThrownBy(() -> new Lion(0.9, Double.NaN)).hasMessage("beta2: NaN, expected 0 or more and below 1");
    }
}
