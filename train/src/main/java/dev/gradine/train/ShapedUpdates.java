package dev.gradine.train;

import dev.gradine.optim.StepLoop;
import dev.gradine.peft.Shaping;
import dev.gradine.tensor.Tensor;
import java.util.SequencedMap;

/// What adapters do around each update beside following the gradient, told to the step loop, which knows no adapters.
///
/// @param shaping of the adapters that are trained
public record ShapedUpdates(Shaping shaping) implements StepLoop.Around {

    @Override
    public void beforeUpdate(double gradScale) {
        shaping.beforeUpdate(gradScale);
    }

    @Override
    public void afterUpdate(int step) {
        shaping.afterUpdate(step);
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        return shaping.state();
    }
}
