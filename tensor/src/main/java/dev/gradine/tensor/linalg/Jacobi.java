package dev.gradine.tensor.linalg;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/// Singular values of a matrix with no more columns than rows: pairs of columns are turned until all are orthogonal.
///
/// ```
/// ζ = (‖y‖² − ‖x‖²) / (2 x·y)      t = sign(ζ) / (|ζ| + √(1 + ζ²))      c = 1 / √(1 + t²), s = c t
/// x′ = c x − s y                    y′ = s x + c y                        X J = U diag(σ)
/// ```
///
/// Hestenes 1958; Demmel & Veselić 1992 (SIAM J. Matrix Anal. Appl. 13), section 4: also small singular values come out
/// with a small relative error.
final class Jacobi {

    private static final double ORTHOGONAL = 1e-15;
    private static final double NOTHING = 1e-28; // a column of this share of the largest square is rounding
    private static final int MOST_SWEEPS = 60; // about ten are usual

    private final HostMatrix x;
    private final HostMatrix j;
    private final double nothing;

    private Jacobi(HostMatrix x) {
        this.x = x.copy();
        this.j = HostMatrix.unit(x.count());
        double largest = 0;
        for (int i = 0; i < x.count(); i++) largest = Math.max(largest, HostMatrix.dot(x.get(i), x.get(i)));
        this.nothing = NOTHING * largest;
    }

    /// `X = U diag(σ) Vᵀ`, σ one column, descending.
    record Parts(HostMatrix u, HostMatrix sigma, HostMatrix v) {
        double value(int i) {
            return sigma.get(0)[i];
        }
    }

    static Parts of(HostMatrix x) {
        Jacobi jacobi = new Jacobi(x);
        for (int sweep = 0; sweep < MOST_SWEEPS; sweep++) if (!jacobi.turns()) break;
        return jacobi.parts();
    }

    /// Goes over all pairs once; whether any was turned.
    private boolean turns() {
        boolean any = false;
        for (int p = 0; p < x.count(); p++) {
            for (int q = p + 1; q < x.count(); q++) any |= turn(p, q);
        }
        return any;
    }

    private boolean turn(int p, int q) {
        double a = HostMatrix.dot(x.get(p), x.get(p));
        double b = HostMatrix.dot(x.get(q), x.get(q));
        if (a <= nothing || b <= nothing) return false;
        double c = HostMatrix.dot(x.get(p), x.get(q));
        if (Math.abs(c) <= ORTHOGONAL * Math.sqrt(a * b)) return false;
        double zeta = (b - a) / (2 * c);
        double t = Math.copySign(1, zeta) / (Math.abs(zeta) + Math.hypot(1, zeta));
        double cos = 1 / Math.hypot(1, t);
        turn(x.get(p), x.get(q), cos, cos * t);
        turn(j.get(p), j.get(q), cos, cos * t);
        return true;
    }

    private static void turn(double[] x, double[] y, double cos, double sin) {
        for (int i = 0; i < x.length; i++) {
            double own = x[i];
            double other = y[i];
            x[i] = cos * own - sin * other;
            y[i] = sin * own + cos * other;
        }
    }

    private Parts parts() {
        int n = x.count();
        double[] norms = new double[n];
        for (int i = 0; i < n; i++) {
            double square = HostMatrix.dot(x.get(i), x.get(i));
            norms[i] = square <= nothing ? 0 : Math.sqrt(square);
        }
        int[] order = IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -norms[i]))
                .mapToInt(i -> i)
                .toArray();
        HostMatrix u = HostMatrix.zeros(x.rows(), n);
        double[] sigma = new double[n];
        double[][] v = new double[n][];
        for (int i = 0; i < n; i++) {
            sigma[i] = norms[order[i]];
            v[i] = j.get(order[i]);
            if (sigma[i] > 0) HostMatrix.add(1 / sigma[i], x.get(order[i]), u.get(i));
            else complete(u, i);
        }
        return new Parts(u, new HostMatrix(n, new double[][] {sigma}), new HostMatrix(n, v));
    }

    /// A column orthogonal to those before it: a matrix of a lower rank has no own one there.
    private static void complete(HostMatrix u, int at) {
        double[] y = u.get(at);
        for (int e = 0; e < y.length; e++) {
            Arrays.fill(y, 0);
            y[e] = 1;
            for (int pass = 0; pass < 2; pass++) {
                for (int i = 0; i < at; i++) HostMatrix.add(-HostMatrix.dot(u.get(i), y), u.get(i), y);
            }
            double norm = Math.sqrt(HostMatrix.dot(y, y));
            if (norm < 0.5 / Math.sqrt(y.length)) continue; // one of the unit vectors has more than this left
            for (int i = 0; i < y.length; i++) y[i] /= norm;
            return;
        }
    }
}
