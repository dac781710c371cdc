package dev.gradine.autograd;

import dev.gradine.autograd.op.Op;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds the first op of a pass whose result, or gradient, is not finite, and the weight it reads: where a loss became
/// NaN. It looks at every value of every result, so a pass takes about twice as long.
public final class FirstNonFinite implements Probe {

    private final Kernels kernels;
    private final IdentityHashMap<List<Var>, String> places = new IdentityHashMap<>();
    private String place = "before any weight is read";
    private String found = "";

    /// @param kernels of the tape that is probed
    public FirstNonFinite(Kernels kernels) {
        this.kernels = kernels;
    }

    /// What was found, such as `rms_norm at model.norm.weight gives the first value that is not finite`; empty where
    /// all is finite.
    public String found() {
        return found;
    }

    @Override
    public void forward(Op op, List<Var> inputs, Tensor y) {
        for (Var in : inputs) {
            if (!in.hasParam()) continue;
            place = "at " + in.param().name();
            if (found.isEmpty() && !isFinite(in.value())) {
                found = "the weight %s is not finite".formatted(in.param().name());
            }
        }
        places.put(inputs, place);
        if (found.isEmpty() && !isFinite(y)) {
            found = "%s %s gives the first value that is not finite".formatted(op.title(), place);
        }
        if (place.startsWith("at ")) place = "after " + place.substring(3);
    }

    @Override
    public void backward(Op op, List<Var> inputs, Tensor dy, @Nullable Tensor[] grads) {
        if (!found.isEmpty()) return;
        for (Tensor g : grads) {
            if (g == null || isFinite(g)) continue;
            found = "the gradient of %s %s is the first that is not finite"
                    .formatted(op.title(), places.getOrDefault(inputs, place));
            return;
        }
    }

    /// Numbers in codes are finite.
    private boolean isFinite(Tensor t) {
        return !t.dtype().isFloat() || Double.isFinite(SumOfSquares.of(t, kernels));
    }
}
