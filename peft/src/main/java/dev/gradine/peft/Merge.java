package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// The weights a model would have had without its adapters, to compute what it computes with them.
///
/// ```
/// W′ = W + ΔW
/// ```
///
/// Computed in f32 and rounded once, to the type of the file it goes to.
public final class Merge {

    private Merge() {}

    /// The merged weight of one place, f32, in the memory of `k`.
    ///
    /// @throws AdapterException if a value of it is not finite
    public static Tensor merged(AdapterSet set, Weight weight, Kernels k) {
        Tensor w = k.empty(weight.param().value().shape());
        Param copy = set.copies().get(weight);
        k.copy(copy == null ? weight.param().value() : copy.value(), w);
        set.adapters().forEach((Linear layer, Adapter a) -> {
            if (layer.weight() == weight) {
                Tensor d = a.delta(k);
                k.elementwise().axpy(1, d, w);
                k.release(d);
            }
        });
        if (!Double.isFinite(k.reduce().sumOfSquares(w))) {
            throw new AdapterException("merge: " + weight.path() + " has a value that is not finite");
        }
        return w;
    }

    /// Whether merging changes the weight of this place.
    public static boolean changes(AdapterSet set, Weight weight) {
        return set.copies().containsKey(weight)
                || set.adapters().keySet().stream().anyMatch(l -> l.weight() == weight);
    }

    /// The type a merged weight is written in: that of the checkpoint, or f32 where the checkpoint was quantised, since
    /// rounding the sum to a few bits again would not give the model that was trained.
    public static DType writtenAs(Tensor base) {
        return base.dtype().blockSize() == 1 ? base.dtype() : DType.F32;
    }
}
