package dev.gradine.autograd;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// `Σ t²` of a tensor of any type of numbers.
final class SumOfSquares {

    private SumOfSquares() {}

    /// @param kernels lends memory for a copy, where the type is not f32
    static double of(Tensor t, Kernels kernels) {
        if (t.dtype() == DType.F32) return kernels.reduce().sumOfSquares(t);
        try (Kernels k = kernels.openStep()) {
            Tensor wide = k.empty(t.shape());
            k.copy(t, wide);
            return k.reduce().sumOfSquares(wide);
        }
    }
}
