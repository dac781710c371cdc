package dev.gradine.tensor.linalg;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/// A singular value decomposition.
///
/// ```
/// M = U diag(S) Vᵀ        UᵀU = 1, VᵀV = 1, S descending
/// ```
///
/// In each column of U the value of the largest magnitude is positive, so that the same matrix gives the same signs.
///
/// @param u `f32[M,K]`
/// @param s `f32[K]`
/// @param vt Vᵀ, `f32[K,N]`
public record Svd(Tensor u, Tensor s, Tensor vt) {

    /// Up to so many rows or columns, whichever are fewer, everything is computed; that takes a second.
    private static final int SMALL = 256;

    private static final int SPARE = 16; // columns beyond those asked for: they speed up the last of them
    private static final int MOST_ITERATIONS = 60;
    private static final double SETTLED = 1e-9; // of the sum of squares: what products in f32 can tell

    /// All of it, K = min(M, N), in the memory of `k`. The time grows as M N K; a matrix of 1,000 × 1,000 takes about
    /// a minute.
    ///
    /// @throws IllegalArgumentException if a value is not finite
    public static Svd thin(Tensor m, Kernels k) {
        return of(HostMatrix.of("svd", "m", m, k)).tensors(Integer.MAX_VALUE, k);
    }

    /// The `rank` largest, or all where there are fewer: exactly of a small matrix, of a large one by iterations until
    /// they settle.
    public static Svd leading(Tensor m, int rank, Kernels k) {
        int least = Math.min(m.shape().dim(0), m.shape().dim(1));
        if (least <= SMALL || rank + SPARE >= least / 2) {
            return of(HostMatrix.of("svd", "m", m, k)).tensors(rank, k);
        }
        Range range = new Range(m, k);
        range.start(rank + SPARE, new SplittableRandom(0));
        double before = 0;
        for (int i = 0; i < MOST_ITERATIONS; i++) {
            double squares = range.improve(rank);
            if (Math.abs(squares - before) <= SETTLED * squares) break;
            before = squares;
        }
        return range.svd().tensors(rank, k);
    }

    /// The `rank` smallest, or all where there are fewer; found as `leading` finds the largest.
    public static Svd trailing(Tensor m, int rank, Kernels k) {
        HostMatrix all = HostMatrix.of("svd", "m", m, k);
        int least = Math.min(all.rows(), all.count());
        boolean isWide = all.rows() < all.count();
        if (least > SMALL && rank + SPARE < least / 2) {
            SmallestValues values = new SmallestValues(isWide ? all.transposed() : all);
            if (!values.isSingular()) {
                Decomposed d = values.found(rank, rank + SPARE);
                return (isWide ? d.turned() : d).last(rank).tensors(rank, k);
            }
        }
        return of(all).last(rank).tensors(rank, k);
    }

    /// The `rank` largest, approximately, from random directions.
    ///
    /// ```
    /// Q = qr(M Ω)      iterations times: Q = qr(Mᵀ Q), Q = qr(M Q)      Qᵀ M = U′ diag(S) Vᵀ, U = Q U′
    /// ```
    ///
    /// Halko, Martinsson & Tropp 2011 (arXiv:0909.4061), algorithms 4.4 and 5.1, with Ω of exactly `rank` Gaussian
    /// columns.
    public static Svd randomised(Tensor m, int rank, int iterations, RandomGenerator rng, Kernels k) {
        Range range = new Range(m, k);
        range.start(Math.min(rank, Math.min(m.shape().dim(0), m.shape().dim(1))), rng);
        for (int i = 0; i < iterations; i++) range.improve(rank);
        return range.svd().tensors(rank, k);
    }

    /// Of a product `B A`, exactly, through its inner extent: `B [M,R]`, `A [R,N]`, K = min(M, R, N).
    public static Svd ofProduct(Tensor b, Tensor a, Kernels k) {
        Qr.Parts left = Qr.of(HostMatrix.of("svd", "b", b, k));
        Qr.Parts right = Qr.of(HostMatrix.of("svd", "a", a, k).transposed());
        Decomposed inner = of(left.r().times(right.r().transposed()));
        Decomposed whole =
                new Decomposed(left.q().times(inner.u), inner.s, right.q().times(inner.v));
        return whole.signed().tensors(Integer.MAX_VALUE, k);
    }

    /// The same in double; `s` is one column.
    record Decomposed(HostMatrix u, HostMatrix s, HostMatrix v) {

        /// Of the transposed matrix.
        Decomposed turned() {
            return new Decomposed(v, s, u).signed();
        }

        /// The `n` smallest values, or all where there are fewer.
        Decomposed last(int n) {
            int from = Math.max(0, u.count() - n);
            double[] values = java.util.Arrays.copyOfRange(s.get(0), from, u.count());
            return new Decomposed(u.from(from), new HostMatrix(values.length, new double[][] {values}), v.from(from));
        }

        /// Turns both vectors of a value round where the largest part of the left one is negative.
        Decomposed signed() {
            for (int j = 0; j < u.count(); j++) {
                double largest = 0;
                for (double x : u.get(j)) if (Math.abs(x) > Math.abs(largest)) largest = x;
                if (largest >= 0) continue;
                negate(u.get(j));
                negate(v.get(j));
            }
            return this;
        }

        private static void negate(double[] x) {
            for (int i = 0; i < x.length; i++) x[i] = -x[i];
        }

        Svd tensors(int rank, Kernels k) {
            int n = Math.min(rank, u.count());
            float[] values = new float[n];
            for (int i = 0; i < n; i++) values[i] = (float) s.get(0)[i];
            Tensor vt = first(v, n).transposed().tensor(k);
            return new Svd(first(u, n).tensor(k), k.of(Shape.of(n), values), vt);
        }

        private static HostMatrix first(HostMatrix all, int n) {
            HostMatrix some = HostMatrix.zeros(all.rows(), n);
            for (int j = 0; j < n; j++) System.arraycopy(all.get(j), 0, some.get(j), 0, all.rows());
            return some;
        }
    }

    /// Through QR, so that columns are turned that are no longer than they are many.
    static Decomposed of(HostMatrix m) {
        if (m.rows() < m.count()) {
            return of(m.transposed()).turned();
        }
        Qr.Parts qr = Qr.of(m);
        Jacobi.Parts p = Jacobi.of(qr.r().transposed()); // R = V diag(S) U′ᵀ
        return new Decomposed(qr.q().times(p.v()), p.sigma(), p.u()).signed();
    }

    /// Orthogonal columns whose span comes to hold the largest singular vectors; products on the device.
    private static final class Range {

        private final Tensor m;
        private final Kernels run;
        private HostMatrix q = HostMatrix.zeros(0, 0);

        Range(Tensor m, Kernels run) {
            this.m = m;
            this.run = run;
        }

        void start(int columns, RandomGenerator rng) {
            HostMatrix omega = HostMatrix.zeros(m.shape().dim(1), columns);
            for (int j = 0; j < columns; j++) {
                for (int i = 0; i < omega.rows(); i++) omega.get(j)[i] = rng.nextGaussian();
            }
            q = Qr.of(forward(omega)).q();
        }

        /// One iteration; what is said is the sum of the squares of the `rank` largest values so far.
        double improve(int rank) {
            Qr.Parts back = Qr.of(backward(q));
            Jacobi.Parts values = Jacobi.of(back.r().transposed());
            q = Qr.of(forward(back.q())).q();
            double squares = 0;
            for (int j = 0; j < Math.min(rank, q.count()); j++) squares += values.value(j) * values.value(j);
            return squares;
        }

        Decomposed svd() {
            Decomposed small = of(backward(q).transposed());
            return new Decomposed(q.times(small.u), small.s, small.v).signed();
        }

        /// `M X`
        private HostMatrix forward(HostMatrix x) {
            return product(x, m.shape().dim(0), false);
        }

        /// `Mᵀ X`
        private HostMatrix backward(HostMatrix x) {
            return product(x, m.shape().dim(1), true);
        }

        /// From the columns of X as rows, since a matrix of any type may stand on the right only.
        private HostMatrix product(HostMatrix x, int rows, boolean back) {
            try (Kernels k = run.openStep()) {
                Tensor rowsOfX = x.transposed().tensor(k);
                Tensor y = k.empty(Shape.of(x.count(), rows));
                if (back) k.matMul().nn(rowsOfX, m, 1, false, y);
                else k.matMul().nt(rowsOfX, m, 1, false, y);
                return HostMatrix.of("svd", "product", y, k).transposed();
            }
        }
    }
}
