package dev.gradine.optim;

import static java.util.Objects.requireNonNull;

import dev.gradine.autograd.Param;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/// One parameter with what an optimiser keeps for it.
///
/// @param name of the parameter, as its state is saved
/// @param kept by the names of the rule's `Kept`
record Slot(String name, Param param, Map<String, Tensor> kept) {

    Tensor value() {
        return param.value();
    }

    Tensor grad() {
        return param.grad();
    }

    Shape shape() {
        return param.value().shape();
    }

    Tensor kept(String of) {
        return requireNonNull(kept.get(of), of);
    }

    /// The same parameter with other tensors in the place of some.
    Slot with(Map<String, Tensor> others) {
        Map<String, Tensor> all = new LinkedHashMap<>(kept);
        all.putAll(others);
        return new Slot(name, param, all);
    }
}
