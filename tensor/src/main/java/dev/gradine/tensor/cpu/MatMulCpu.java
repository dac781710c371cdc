package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.MatMulKernel;

/// Matrix products: by blocks (`Gemm`), or for few rows by dot products (`Gemv`).
final class MatMulCpu implements MatMulKernel {

    static final MatMulKernel KERNEL = new MatMulCpu();

    private MatMulCpu() {}

    @Override
    public void nt(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        requireNt("matmul_nt", a, b, c);
        if (a.shape().dim(0) <= Gemv.MOST_ROWS) new Gemv(a, b, alpha, accumulate, c).run();
        else new Gemm(Gemm.Form.NT, a, b, alpha, accumulate, c).run();
    }

    @Override
    public void nn(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        requireNn("matmul_nn", a, b, c);
        new Gemm(Gemm.Form.NN, a, b, alpha, accumulate, c).run();
    }

    @Override
    public void tn(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        DTypeException.require("matmul_tn", "b", b, DType.F32);
        require("matmul_tn", a, 0, b, 0, c);
        if (TallProduct.run(a, b, alpha, accumulate, c)) return;
        new Gemm(Gemm.Form.TN, a, b, alpha, accumulate, c).run();
    }

    /// Says that `c[M,N]` can be `a[M,K] · b[N,K]ᵀ`.
    static void requireNt(String op, Tensor a, Tensor b, Tensor c) {
        require(op, a, 1, b, 1, c);
    }

    /// Says that `c[M,N]` can be `a[M,K] · b[K,N]`.
    static void requireNn(String op, Tensor a, Tensor b, Tensor c) {
        require(op, a, 1, b, 0, c);
    }

    /// @param aK the axis of `a` that is summed over
    /// @param bK the axis of `b` that is summed over
    private static void require(String op, Tensor a, int aK, Tensor b, int bK, Tensor c) {
        ShapeException.requireRank(op, "a", a.shape(), 2);
        ShapeException.requireRank(op, "b", b.shape(), 2);
        ShapeException.requireRank(op, "c", c.shape(), 2);
        int k = a.shape().dim(aK);
        int m = a.shape().dim(1 - aK);
        int n = b.shape().dim(1 - bK);
        if (k == 0) throw new ShapeException("%s: a is %s, expected at least one term".formatted(op, a.shape()));
        if (b.shape().dim(bK) != k) {
            Shape expected = bK == 0 ? Shape.of(k, n) : Shape.of(n, k);
            ShapeException.require(op, "b", b.shape(), expected, "a is " + a.shape());
        }
        if (c.shape().dim(0) != m || c.shape().dim(1) != n) {
            ShapeException.require(op, "c", c.shape(), Shape.of(m, n), "a is " + a.shape() + ", b is " + b.shape());
        }
        DTypeException.require(op, "a", a, DType.F32);
        DTypeException.require(op, "c", c, DType.F32);
        if (!b.dtype().isReal()) {
            throw new DTypeException("%s: b is %s, expected a real type".formatted(op, b.dtype()));
        }
    }
}
