package dev.gradine.tensor.linalg;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// The root of a symmetric positive definite matrix, to solve equations with it.
///
/// ```
/// C = L Lᵀ        L lower triangular
/// ```
///
/// Golub & Van Loan, Matrix Computations, algorithm 4.2.1.
public final class Cholesky {

    private final HostMatrix l;

    private Cholesky(HostMatrix l) {
        this.l = l;
    }

    /// Of `f32[N,N]`, of which the lower half is read.
    ///
    /// @throws IllegalArgumentException if it is not positive definite, or a value is not finite
    public static Cholesky of(Tensor c, Kernels k) {
        ShapeException.requireRank("cholesky", "c", c.shape(), 2);
        int n = c.shape().dim(0);
        ShapeException.require("cholesky", "c", c.shape(), dev.gradine.tensor.Shape.of(n, n), "symmetric");
        HostMatrix l = HostMatrix.of("cholesky", "c", c, k);
        for (int j = 0; j < n; j++) {
            double[] y = l.get(j);
            for (int i = 0; i < j; i++) addBelow(-l.get(i)[j], l.get(i), j, y);
            if (!(y[j] > 0)) {
                throw new IllegalArgumentException(
                        "cholesky: c has the pivot %s in row %d, expected a positive one".formatted(y[j], j));
            }
            double root = Math.sqrt(y[j]);
            for (int i = j; i < n; i++) y[i] /= root;
        }
        return new Cholesky(l);
    }

    /// `X C⁻¹` for the rows of X, `f32[R,N]`.
    public Tensor divided(Tensor x, Kernels k) {
        HostMatrix rows = HostMatrix.of("cholesky", "x", x, k).transposed();
        for (int r = 0; r < rows.count(); r++) solve(rows.get(r));
        return rows.transposed().tensor(k);
    }

    /// `C y = x`, in place: first `L z = x`, then `Lᵀ y = z`.
    private void solve(double[] x) {
        for (int j = 0; j < x.length; j++) {
            x[j] /= l.get(j)[j];
            addBelow(-x[j], l.get(j), j + 1, x);
        }
        for (int j = x.length - 1; j >= 0; j--) {
            double sum = x[j];
            for (int i = j + 1; i < x.length; i++) sum -= l.get(j)[i] * x[i];
            x[j] = sum / l.get(j)[j];
        }
    }

    private static void addBelow(double a, double[] x, int from, double[] y) {
        for (int i = from; i < y.length; i++) y[i] += a * x[i];
    }
}
