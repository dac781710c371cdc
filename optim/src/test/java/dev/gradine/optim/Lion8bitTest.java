package dev.gradine.optim;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Oracle: the golden values.
class Lion8bitTest implements OptimizerContract {

    @Override
    public Optimizer.Settings settings() {
        return new Lion8bit(Lion.defaults(), new EightBit.Codes(0));
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Test
    void twenty_steps_have_the_codes_of_bitsandbytes() {
        GoldenSteps.run(settings(), "lion8bit", 1e-3, 0.1, new GoldenCodes(List.of("m")));
    }
}
