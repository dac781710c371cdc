package dev.gradine.export;

import dev.gradine.io.Checkpoint;
import dev.gradine.io.TensorSource;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Weight;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Merge;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.Transposed;
import java.lang.foreign.Arena;
import java.util.List;

/// A tensor of the checkpoint that holds the weights of all experts, with an adapter in each: `[E,O,I]`, or `[E,I,O]`
/// where they lie the other way round.
final class MergedStack {

    private final OpenModel model;
    private final AdapterSet adapted;
    private final Tensor stored;
    private final String path;
    private final List<Weight> weights;

    MergedStack(OpenModel model, AdapterSet adapted, Weight.Stack stack) {
        this.model = model;
        this.adapted = adapted;
        path = stack.path();
        Checkpoint checkpoint = model.checkpoint();
        stored = checkpoint.tensor(path);
        weights = model.model().weights().stream()
                .filter(w -> {
                    Weight.Stack other = w.stack();
                    return other != null && other.path().equals(path);
                })
                .toList();
        if (weights.stream().allMatch(w -> w.param().value().dtype().isFloat())) return;
        throw new IllegalArgumentException(
                ("merge: %s holds the weights of all experts, and is not written in codes; expected a base without"
                                + " --quantize, or --onto full")
                        .formatted(path));
    }

    TensorSource source(FolderFormat.Type type) {
        DType written = type.of(Merge.writtenAs(stored));
        boolean isAsItWas = written == stored.dtype() && weights.stream().noneMatch(w -> Merge.changes(adapted, w));
        return new TensorSource(path, written, stored.shape(), () -> isAsItWas ? stored : merged(written));
    }

    private Tensor merged(DType written) {
        Shape shape = stored.shape();
        int rows = shape.dim(1);
        try (Kernels all = model.run().openStep()) {
            Tensor stack = all.empty(written, Shape.of(shape.dim(0) * rows, shape.dim(2)));
            for (int e = 0; e < weights.size(); e++) {
                Weight w = weights.get(e);
                try (Kernels k = all.openStep()) {
                    Tensor one = MergedWeights.rounded(w, Merge.merged(adapted, w, k), written, k);
                    Tensor lying = w.isTransposed() ? Transposed.of(one) : one;
                    k.copy(k.fromHost(lying), stack.rows(e * rows, (e + 1) * rows));
                }
            }
            return all.toHost(stack, Arena.ofAuto()).reshape(shape);
        }
    }
}
