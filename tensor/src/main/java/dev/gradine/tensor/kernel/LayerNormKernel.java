package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Device contract of layer normalisation over the last axis.
public interface LayerNormKernel {

    /// Writes `y f32[N,C]`, `mean f32[N]` and `rstd f32[N]` from `x f32[N,C]`, `w f32[C]`, `b f32[C]`.
    void forward(Tensor x, Tensor w, Tensor b, float eps, Tensor y, Tensor mean, Tensor rstd);

    /// Overwrites `dx f32[N,C]`; adds into `dw f32[C]` and `db f32[C]` unless they are null.
    void backward(
            Tensor dy,
            Tensor x,
            Tensor w,
            Tensor mean,
            Tensor rstd,
            Tensor dx,
            @Nullable Tensor dw,
            @Nullable Tensor db);
}
