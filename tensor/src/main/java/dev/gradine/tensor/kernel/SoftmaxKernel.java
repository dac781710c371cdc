package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;

/// Device contract of softmax over rows.
///
/// ```
/// y = softmax(scale · x) over the last axis        dx = scale · y · (dy − Σ y · dy)
/// ```
///
/// A row of −∞ alone gives NaN.
public interface SoftmaxKernel {

    /// Overwrites `y f32[N,C]`, which may be `x f32[N,C]`.
    void forward(Tensor x, float scale, Tensor y);

    /// Overwrites `dx f32[N,C]`, which may be `dy f32[N,C]`, from the forward's `y`.
    void backward(Tensor dy, Tensor y, float scale, Tensor dx);
}
