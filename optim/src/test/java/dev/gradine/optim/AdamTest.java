package dev.gradine.optim;

import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Oracle: the golden values.
class AdamTest implements OptimizerContract {

    @Override
    public Optimizer.Settings settings() {
        return Adam.defaults();
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.of(Promise.FOLLOWS_THE_LEARNING_RATE, Promise.FORGETS_THE_SIZE_OF_THE_GRADIENT);
    }

    @Test
    void twenty_steps_are_those_of_torch() {
        GoldenSteps.check(new Adam(Moments.USUAL), "adam", 3e-3, 0.1);
    }
}
