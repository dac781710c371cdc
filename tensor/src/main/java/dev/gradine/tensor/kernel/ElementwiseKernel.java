package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;

/// Device contract of element-by-element arithmetic on f32 tensors of one size. Outputs may be one of the inputs.
public interface ElementwiseKernel {

    /// Overwrites every value of `y` with `value`.
    void fill(Tensor y, float value);

    /// Overwrites `y` with `a + b`.
    void add(Tensor a, Tensor b, Tensor y);

    /// Overwrites `y` with `s · x`.
    void scale(Tensor x, float s, Tensor y);

    /// Adds `s · x` into `y`.
    void axpy(float s, Tensor x, Tensor y);

    /// Overwrites `y f32[N,C]` with `x f32[N,C]` plus `bias f32[C]` on every row.
    void addBias(Tensor x, Tensor bias, Tensor y);

    /// Overwrites `y f32[N,C]` with the rows of `x f32[N,C]`, each times its value of `s f32[N]`.
    void scaleRows(Tensor x, Tensor s, Tensor y);
}
