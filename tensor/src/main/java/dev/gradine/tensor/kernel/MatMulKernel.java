package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;
import java.util.List;

/// Device contract of matrix products.
///
/// `a` and `c` are f32. `b` may have any real type, also GGUF's block types and those with scales (frozen weights are
/// dequantised on the way), except in `tn`, where it is f32. All are matrices,
/// row-major. `c` must not share memory with `a` or `b`. With `accumulate` the product is added into `c`, otherwise `c`
/// is overwritten.
public interface MatMulKernel {

    /// Rows of `a` from which on `nt` sums each of them in one order on the CPU, however many they are. Fewer
    /// are summed in the order of a single row.
    int MANY_ROWS = 5;

    /// `c[M,N] (+)= alpha · a[M,K] · b[N,K]ᵀ`: a linear layer's forward.
    void nt(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c);

    /// Operands of a product `nt`.
    record Nt(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {}

    /// Products `nt` of which none writes where another reads or writes: each has the bits that it has alone.
    default void ntEach(List<Nt> products) {
        for (Nt p : products) nt(p.a, p.b, p.alpha, p.accumulate, p.c);
    }

    /// `c[M,N] (+)= alpha · a[M,K] · b[K,N]`: the gradient of its input.
    void nn(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c);

    /// `c[M,N] (+)= alpha · a[K,M]ᵀ · b[K,N]`: the gradient of its weight.
    void tn(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c);
}
