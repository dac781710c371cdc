package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;

/// Device contract of reading rows of a table by index.
public interface IndexSelectKernel {

    /// Overwrites `y f32[N,C]` with rows `ids i32[N]` of `table [V,C]`, which may have any real type.
    void forward(Tensor ids, Tensor table, Tensor y);

    /// Adds row n of `dy f32[N,C]` into row `ids[n]` of `dTable f32[V,C]`, in the order of n.
    void backward(Tensor ids, Tensor dy, Tensor dTable);
}
