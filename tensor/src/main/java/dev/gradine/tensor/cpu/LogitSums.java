package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.exact;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;

import jdk.incubator.vector.FloatVector;

/// The sums of one row of logits z, in one pass over memory.
///
/// ```
/// S = Σ exp(z − m)     W = Σ exp(z − m) (z − m)     Z = Σ z
/// ```
///
/// `m` need not be the largest logit, only near it: then no term overflows, and none that counts vanishes. So a row is
/// read in pieces, with the largest logit of the first as m. A piece with a logit above m + 8 is read again with its
/// largest as m; S and W move with it (Milakov & Gimelshein 2018, arXiv:1805.02867, algorithm 3, for whole pieces).
/// With m at most 8 below the largest, S is at least 1 and at most V · e⁸, and `log S` loses a bit or two.
final class LogitSums {

    private static final ThreadLocal<LogitSums> OWN = ThreadLocal.withInitial(LogitSums::new);

    private static final int PIECE = 4096; // values: 16 KB, in the nearest cache when it has to be read again
    private static final float SLACK = 8;
    private static final float LEAST = -1e30f; // m of a piece of −∞ alone, so that z − m is −∞ and not NaN

    private long row;
    private int v;
    private float m;
    private double sumS;
    private double sumW;
    private double sumZ;
    private float largest;
    private int largestAt; // where the piece of the largest begins

    // of the piece read last
    private float max;
    private float s;
    private float w;
    private float z;

    private LogitSums() {}

    /// That of the current thread; it holds the row read last.
    static LogitSums own() {
        return OWN.get();
    }

    /// Reads the `v` logits at `row`; with `statistics`, for all that can be asked, else for `S` and `m` alone.
    void read(long row, int v, boolean statistics) {
        this.row = row;
        this.v = v;
        float first = max(row, Math.min(v, PIECE));
        m = first == Float.NEGATIVE_INFINITY ? LEAST : first;
        sumS = 0;
        sumW = 0;
        sumZ = 0;
        largest = Float.NEGATIVE_INFINITY;
        largestAt = 0;
        for (int at = 0; at < v; at += PIECE) add(at, Math.min(PIECE, v - at), statistics);
    }

    private void add(int at, int n, boolean statistics) {
        readPiece(at, n, statistics);
        if (max > m + SLACK) {
            moveTo(max);
            readPiece(at, n, statistics);
        }
        sumS += s;
        sumW += w;
        sumZ += z;
        if (max > largest) {
            largest = max;
            largestAt = at;
        }
    }

    private void readPiece(int at, int n, boolean statistics) {
        if (statistics) readAll(row + 4L * at, n);
        else readExponentials(row + 4L * at, n);
    }

    private void moveTo(float reference) {
        double factor = Math.exp((double) m - reference);
        sumW = factor * (sumW + ((double) m - reference) * sumS);
        sumS *= factor;
        m = reference;
    }

    /// `m`.
    float reference() {
        return m;
    }

    /// `log S`.
    float logSum() {
        return (float) Math.log(sumS);
    }

    /// `−Σ p log p = log S − W / S`.
    float entropy() {
        return (float) (Math.log(sumS) - sumW / sumS);
    }

    /// `log Σ p²`; reads the row a second time.
    float collision() {
        FloatVector reference = FloatVector.broadcast(F, m);
        FloatVector sums = FloatVector.zero(F);
        int i = 0;
        for (; i <= v - LANES; i += LANES) {
            FloatVector e = VectorMath.expFrom(VectorMath.floor(load(row, i).sub(reference)));
            sums = e.fma(e, sums);
        }
        double q = Vectors.sum(sums);
        for (; i < v; i++) {
            double e = VectorMath.exp(get(row, i) - m);
            q += e * e;
        }
        return (float) (Math.log(q) - 2 * Math.log(sumS));
    }

    /// `Z / V`.
    float mean() {
        return (float) (sumZ / v);
    }

    /// The first index of the largest logit; 0 if there is none, as when all are NaN.
    int argmax() {
        int i = largestAt;
        while (i <= v - LANES && !load(row, i).compare(EQ, largest).anyTrue()) i += LANES;
        for (; i < v; i++) if (get(row, i) == largest) return i;
        return 0;
    }

    /// The largest of `n` values; NaN is none.
    private static float max(long z, int n) {
        FloatVector largest = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = load(z, i);
            largest = largest.blend(v, v.compare(GT, largest));
        }
        float max = Vectors.max(largest);
        for (; i < n; i++) if (get(z, i) > max) max = get(z, i);
        return max;
    }

    private void readExponentials(long at, int n) {
        FloatVector reference = FloatVector.broadcast(F, m);
        FloatVector largests = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        FloatVector sums = FloatVector.zero(F);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = load(at, i);
            largests = exact(largests).blend(v, v.compare(GT, largests));
            sums = VectorMath.expFrom(VectorMath.floor(v.sub(reference))).add(sums);
        }
        max = Vectors.max(largests);
        s = Vectors.sum(sums);
        for (; i < n; i++) {
            float v = get(at, i);
            if (v > max) max = v;
            s += VectorMath.exp(v - m);
        }
    }

    private void readAll(long at, int n) {
        FloatVector reference = FloatVector.broadcast(F, m);
        FloatVector largests = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        FloatVector sums = FloatVector.zero(F);
        FloatVector weighted = FloatVector.zero(F);
        FloatVector values = FloatVector.zero(F);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            FloatVector v = load(at, i);
            largests = exact(largests).blend(v, v.compare(GT, largests));
            FloatVector x = VectorMath.floor(v.sub(reference));
            FloatVector e = VectorMath.expFrom(x);
            sums = e.add(sums);
            weighted = e.fma(x, weighted);
            values = v.add(values);
        }
        max = Vectors.max(largests);
        s = Vectors.sum(sums);
        w = Vectors.sum(weighted);
        z = Vectors.sum(values);
        for (; i < n; i++) addOne(get(at, i));
    }

    private void addOne(float v) {
        float x = v - m;
        float e = VectorMath.exp(x);
        if (v > max) max = v;
        s += e;
        if (e > 0) w = Math.fma(e, x, w);
        z += v;
    }
}
