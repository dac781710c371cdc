package dev.gradine.peft;

import dev.gradine.nn.ExpertLinear;
import dev.gradine.nn.ExpertMap;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// An adapter over a linear layer of experts.
public non-sealed interface ExpertAdapter extends Adapter, ExpertMap {

    /// The weight that computes without the adapter what `w` computes with it.
    ///
    /// @param layer the layer it stands over
    /// @param weight one of the layer's weights
    /// @param w its value, f32, in the memory of `k`; may be overwritten
    /// @return f32, in the memory of `k`
    Tensor merged(ExpertLinear layer, Weight weight, Tensor w, Kernels k);

    /// Experts have a weight each.
    @Override
    default Tensor merged(Tensor w, Kernels k) {
        throw new UnsupportedOperationException("merged: a layer of experts has several weights");
    }
}
