package dev.gradine.tensor.kernel;

import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// Sizes of one product of `MatMulKernel`: `c[M,N]` sums K terms each. Every device checks its
/// arguments by these.
///
/// @param m rows of the result
/// @param n columns of the result
/// @param k terms of a sum, at least one
public record MatMulShapes(int m, int n, int k) {

    /// Sizes of `c[M,N] = a[M,K] · b[N,K]ᵀ`.
    ///
    /// @throws ShapeException if the three do not meet
    /// @throws DTypeException if `b` is of no real type
    public static MatMulShapes nt(String op, Tensor a, Tensor b, Tensor c) {
        return of(op, a, 1, b, 1, c);
    }

    /// Sizes of `c[M,N] = a[M,K] · b[K,N]`; errors as for `nt`.
    public static MatMulShapes nn(String op, Tensor a, Tensor b, Tensor c) {
        return of(op, a, 1, b, 0, c);
    }

    /// Sizes of `c[M,N] = a[K,M]ᵀ · b[K,N]`; errors as for `nt`.
    public static MatMulShapes tn(String op, Tensor a, Tensor b, Tensor c) {
        return of(op, a, 0, b, 0, c);
    }

    /// @param aK the axis of `a` that is summed over
    /// @param bK the axis of `b` that is summed over
    private static MatMulShapes of(String op, Tensor a, int aK, Tensor b, int bK, Tensor c) {
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
        if (!b.dtype().isReal()) {
            throw new DTypeException("%s: b is %s, expected a real type".formatted(op, b.dtype()));
        }
        return new MatMulShapes(m, n, k);
    }
}
