package dev.gradine.optim;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;

/// Running means and what optimisers make of them, on any device, one pass over memory for each.
///
/// @param k lifetime of results
record Means(Kernels k) {

    /// `m ← β m + (1 − β) x`
    void join(Tensor m, double beta, Tensor x) {
        k.elementwise().scale(m, (float) beta, m);
        k.elementwise().axpy((float) (1 - beta), x, m);
    }

    /// `a · b`
    Tensor product(Tensor a, Tensor b) {
        Tensor y = k.emptyLike(a);
        k.function().combine(Fn2.MUL, Per.VALUE, a, b, y);
        return y;
    }

    /// `m / (√v / root + eps)`, in new memory.
    Tensor overRoot(Tensor m, Tensor v, double root, double eps) {
        Tensor y = k.emptyLike(v);
        k.function().apply(Fn.SQRT, 0, 0, v, y);
        k.elementwise().scale(y, (float) (1 / root), y);
        k.function().apply(Fn.SHIFT, (float) eps, 0, y, y);
        k.function().combine(Fn2.DIV, Per.VALUE, m, y, y);
        return y;
    }

    /// `√(mean x²)`
    double rms(Tensor x) {
        return x.size() == 0 ? 0 : Math.sqrt(k.reduce().sumOfSquares(x) / x.size());
    }
}
