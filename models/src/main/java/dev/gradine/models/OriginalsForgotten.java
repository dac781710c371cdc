package dev.gradine.models;

import dev.gradine.io.Checkpoint;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;

/// Weights that are quantised as they are read. Each original leaves memory when that is done, so that what is
/// held is the quantised model and one layer.
///
/// @param quantised makes another weight of some
/// @param checkpoint where the originals lie
record OriginalsForgotten(Weights.Source quantised, Checkpoint checkpoint) implements Weights.Source {

    @Override
    public Tensor tensor(String name, Shape expected) {
        return quantised.tensor(name, expected);
    }

    @Override
    public Tensor linear(String path, Tensor w) {
        Tensor made = quantised.linear(path, w);
        if (made != w) checkpoint.forget(path + ".weight");
        return made;
    }

    @Override
    public Weights.Tie tie(String embedding, String head) {
        return quantised.tie(embedding, head);
    }
}
