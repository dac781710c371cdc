package dev.gradine.optim;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The formula itself is tested where the kernel is.
class AdamWTest implements OptimizerContract {

    @Override
    public Optimizer.Settings settings() {
        return AdamW.defaults();
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Test
    void twenty_steps_are_those_of_torch() {
        GoldenSteps.check(new AdamW(0.9, 0.95, 1e-8), "adamw", 1e-2, 0.1);
        GoldenSteps.check(new AdamW(Moments.USUAL, true), "adamw-amsgrad", 1e-2, 0);
    }

    @Test
    void amsgrad_remembers_the_largest_second_moment() {
        try (Vectors v = new Vectors(new AdamW(Moments.USUAL, true), 0)) {
            v.gradients(1, 4);
            v.step(1, 0.1, 1);
            v.gradients(1, 0);
            v.step(2, 0.1, 1);
            var state = v.stateValues();
            assertThat(requireNonNull(state.get("vmax.vector")).getFirst())
                    .isGreaterThan(requireNonNull(state.get("v.vector")).getFirst());
        }
    }
}
