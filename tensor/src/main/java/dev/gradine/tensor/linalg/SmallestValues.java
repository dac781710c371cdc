package dev.gradine.tensor.linalg;

import java.util.SplittableRandom;

/// The smallest singular values of a matrix with no more columns than rows, and their vectors: the largest of its
/// inverse, found by iterating with that.
///
/// ```
/// M = Q R      repeat: X = qr((Rᵀ R)⁻¹ X)      R X = U′ diag(S) V′ᵀ      U = Q U′, V = X V′
/// ```
///
/// Golub & Van Loan, Matrix Computations, section 8.2.4, with the inverse. The product with the inverse is two
/// triangular equations.
final class SmallestValues {

    private static final int MOST_ITERATIONS = 60;
    private static final double SETTLED = 1e-9; // of the sum of inverse squares
    private static final double SINGULAR = 1e-12; // a diagonal of this share of the largest is rounding

    private final Qr.Parts qr;
    private HostMatrix x = HostMatrix.zeros(0, 0);

    SmallestValues(HostMatrix m) {
        qr = Qr.of(m);
    }

    /// Whether the inverse is none: values are zero.
    boolean isSingular() {
        double least = Double.POSITIVE_INFINITY;
        double most = 0;
        for (int j = 0; j < qr.r().count(); j++) {
            double d = Math.abs(qr.r().get(j)[j]);
            least = Math.min(least, d);
            most = Math.max(most, d);
        }
        return least <= SINGULAR * most;
    }

    /// All of a basis of `columns` vectors, of which the `rank` smallest have settled; the smallest last.
    Svd.Decomposed found(int rank, int columns) {
        start(columns);
        double before = 0;
        for (int i = 0; i < MOST_ITERATIONS; i++) {
            double sum = improve(rank);
            if (Math.abs(sum - before) <= SETTLED * sum) break;
            before = sum;
        }
        Svd.Decomposed small = Svd.of(qr.r().times(x));
        return new Svd.Decomposed(qr.q().times(small.u()), small.s(), x.times(small.v())).signed();
    }

    private void start(int columns) {
        SplittableRandom rng = new SplittableRandom(0);
        HostMatrix omega = HostMatrix.zeros(qr.r().count(), columns);
        for (int j = 0; j < columns; j++) {
            for (int i = 0; i < omega.rows(); i++) omega.get(j)[i] = rng.nextGaussian();
        }
        x = Qr.of(omega).q();
    }

    /// One iteration; what is said is the sum of the inverse squares of the `rank` smallest values so far.
    private double improve(int rank) {
        for (int j = 0; j < x.count(); j++) {
            forward(x.get(j));
            backward(x.get(j));
        }
        Qr.Parts next = Qr.of(x);
        x = next.q();
        Jacobi.Parts values = Jacobi.of(next.r());
        double sum = 0;
        for (int j = 0; j < rank; j++) sum += values.value(j);
        return sum;
    }

    /// `Rᵀ y = x`, in place.
    private void forward(double[] x) {
        for (int j = 0; j < x.length; j++) {
            double[] r = qr.r().get(j);
            double sum = x[j];
            for (int i = 0; i < j; i++) sum -= r[i] * x[i];
            x[j] = sum / r[j];
        }
    }

    /// `R y = x`, in place.
    private void backward(double[] x) {
        for (int j = x.length - 1; j >= 0; j--) {
            double[] r = qr.r().get(j);
            x[j] /= r[j];
            for (int i = 0; i < j; i++) x[i] -= x[j] * r[i];
        }
    }
}
