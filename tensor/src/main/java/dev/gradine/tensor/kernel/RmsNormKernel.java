package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Device contract of root-mean-square normalisation.
public interface RmsNormKernel {

    /// Writes `y f32[N,C]` and `rstd f32[N]` from `x f32[N,C]` and `w f32[C]`.
    void forward(Tensor x, Tensor w, float eps, Tensor y, Tensor rstd);

    /// Overwrites `dx f32[N,C]`; adds into `dw f32[C]` unless it is null, as for a frozen weight.
    void backward(Tensor dy, Tensor x, Tensor w, Tensor rstd, Tensor dx, @Nullable Tensor dw);
}
