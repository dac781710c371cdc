package dev.gradine.optim;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The formula itself is tested where the kernel is.
class AdamWTest implements OptimizerContract {

    @Override
    public Optimizer.Settings settings() {
        return AdamW.Settings.defaults();
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Test
    void twenty_steps_are_those_of_torch() {
        GoldenSteps.check(new AdamW.Settings(0.9, 0.95, 1e-8), "adamw", 1e-2, 0.1);
    }

    @Test
    void refuses_numbers_out_of_range() {
        assertThatThrownBy(() -> new AdamW.Settings(1, 0.9, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("adamw: beta1: 1.0, expected 0 or more and below 1");
        assertThatThrownBy(() -> new AdamW.Settings(0.9, -0.1, 0))
                .hasMessage("adamw: beta2: -0.1, expected 0 or more and below 1");
        assertThatThrownBy(() -> new AdamW.Settings(0.9, 0.9, Double.NaN))
                .hasMessage("adamw: eps: NaN, expected a finite number of at least 0");
    }
}
