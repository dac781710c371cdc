package dev.gradine.peft;

import dev.gradine.nn.LinearMap;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// An adapter over a linear layer.
public non-sealed interface LinearAdapter extends Adapter, LinearMap {

    /// Whether merging changes the layer's bias.
    default boolean changesBias() {
        return false;
    }

    /// Whether it adds a bias of its own, so that only a layer with a bias can take it in.
    default boolean needsBias() {
        return false;
    }

    /// As `merged`, of the bias; asked only if it `changesBias`.
    default Tensor mergedBias(Tensor bias, Kernels k) {
        return bias;
    }
}
