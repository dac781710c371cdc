package dev.gradine.tensor.linalg;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// The thin QR decomposition by reflections.
///
/// ```
/// M = Q R        QᵀQ = 1, R upper triangular, K = min(M, N)
/// H = 1 − τ v vᵀ      β = −sign(α) ‖x‖, v = (x − β e) / (α − β), τ = (β − α) / β
/// ```
///
/// Householder 1958; Golub & Van Loan, Matrix Computations, algorithm 5.2.1. The signs are those of LAPACK's `geqrf`: a
/// column with nothing below its diagonal is left as it is.
///
/// @param q `f32[M,K]`
/// @param r `f32[K,N]`
public record Qr(Tensor q, Tensor r) {

    /// Of a matrix, in the memory of `k`.
    ///
    /// @throws IllegalArgumentException if a value is not finite
    public static Qr thin(Tensor m, Kernels k) {
        Parts p = of(HostMatrix.of("qr", "m", m, k));
        return new Qr(p.q.tensor(k), p.r.tensor(k));
    }

    /// Both in double.
    record Parts(HostMatrix q, HostMatrix r) {}

    static Parts of(HostMatrix matrix) {
        HostMatrix a = matrix.copy();
        int count = Math.min(a.rows(), a.count());
        double[] tau = new double[count];
        for (int j = 0; j < count; j++) {
            tau[j] = reflection(a.get(j), j);
            for (int c = j + 1; c < a.count(); c++) reflect(a.get(j), j, tau[j], a.get(c));
        }
        HostMatrix q = HostMatrix.zeros(a.rows(), count);
        for (int c = 0; c < count; c++) {
            q.get(c)[c] = 1;
            for (int j = count - 1; j >= 0; j--) reflect(a.get(j), j, tau[j], q.get(c));
        }
        HostMatrix r = HostMatrix.zeros(count, a.count());
        for (int c = 0; c < a.count(); c++) System.arraycopy(a.get(c), 0, r.get(c), 0, Math.min(c + 1, count));
        return new Parts(q, r);
    }

    /// Leaves β at `j` of the column and v below it, whose first value is 1; gives τ.
    private static double reflection(double[] x, int j) {
        double below = 0;
        for (int i = j + 1; i < x.length; i++) below += x[i] * x[i];
        if (below == 0) return 0;
        double alpha = x[j];
        double beta = -Math.copySign(Math.sqrt(alpha * alpha + below), alpha);
        for (int i = j + 1; i < x.length; i++) x[i] /= alpha - beta;
        x[j] = beta;
        return (beta - alpha) / beta;
    }

    private static void reflect(double[] v, int j, double tau, double[] y) {
        if (tau == 0) return;
        double sum = y[j];
        for (int i = j + 1; i < y.length; i++) sum += v[i] * y[i];
        double s = tau * sum;
        y[j] -= s;
        for (int i = j + 1; i < y.length; i++) y[i] -= s * v[i];
    }
}
