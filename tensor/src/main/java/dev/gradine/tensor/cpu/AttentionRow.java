package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Attention of one query over the keys it sees: decoding, where a block of queries would be mostly padding. One row of
/// scores is stored.
final class AttentionRow {

    private AttentionRow() {}

    /// `s[from + j] = scale · q · k_j` for `n` keys whose rows are `stride` values apart.
    static void scores(long q, long k, int stride, int d, float scale, float[] s, int from, int n) {
        if (d % LANES != 0) {
            for (int j = 0; j < n; j++) s[from + j] = scale * Vectors.dot(q, k + 4L * j * stride, d);
            return;
        }
        float[] parts = Scratch.own().sums(LANES * (LANES + 1));
        for (int j = 0; j < n; j += LANES) {
            int count = Math.min(LANES, n - j);
            for (int i = 0; i < count; i++) partial(q, k + 4L * (j + i) * stride, d, parts, i * LANES);
            LaneSums.trees(parts, count, LANES * LANES);
            for (int i = 0; i < count; i++) s[from + j + i] = scale * parts[LANES * LANES + i];
        }
    }

    /// The products of `q` and a key, each lane the sum of its own.
    private static void partial(long q, long key, int d, float[] parts, int at) {
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < d; i += LANES) sum = load(q, i).fma(load(key, i), sum);
        sum.intoArray(parts, at);
    }

    /// Replaces `n` scores, which have room to be padded to whole vectors, by their softmax; returns their log-sum-exp.
    static float softmax(float[] s, int n) {
        int end = AttentionTile.padded(n);
        Arrays.fill(s, n, end, Float.NEGATIVE_INFINITY);
        FloatVector largest = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        for (int j = 0; j < end; j += LANES)
            largest = FloatVector.fromArray(F, s, j).max(largest);
        float max = Vectors.max(largest);
        FloatVector sums = FloatVector.zero(F);
        for (int j = 0; j < end; j += LANES) {
            FloatVector e = VectorMath.exp(FloatVector.fromArray(F, s, j).sub(max));
            e.intoArray(s, j);
            sums = e.add(sums);
        }
        float sum = Vectors.sum(sums);
        float inverse = 1 / sum;
        for (int j = 0; j < n; j++) s[j] *= inverse;
        return (float) (max + Math.log(sum));
    }

    /// `y = Σ_j p[from + j] v_j` over `n` values; where `from` is not 0, added to y, which holds those before.
    static void weighted(float[] p, int from, int n, long v, int stride, int d, long y) {
        int i = 0;
        for (; i <= d - 4 * LANES; i += 4 * LANES) weighted4(p, from, n, v + 4L * i, stride, y + 4L * i);
        for (; i <= d - LANES; i += LANES) weighted1(p, from, n, v + 4L * i, stride, y + 4L * i);
        for (; i < d; i++) {
            float sum = from == 0 ? 0 : get(y, i);
            for (int j = 0; j < n; j++) sum = Math.fma(p[from + j], get(v, (long) j * stride + i), sum);
            set(y, i, sum);
        }
    }

    /// One vector of sums. It is compiled on its own: its vectors were objects in a caller that had seldom come here.
    private static void weighted1(float[] p, int from, int n, long v, int stride, long y) {
        FloatVector sum = load(from == 0 ? Scratch.ZEROS : y, 0);
        for (int j = 0; j < n; j++) {
            sum = load(v, (long) j * stride).fma(FloatVector.broadcast(F, p[from + j]), sum);
        }
        store(sum, y, 0);
    }

    private static void weighted4(float[] p, int from, int n, long v, int stride, long y) {
        long before = from == 0 ? Scratch.ZEROS : y; // a choice of two vectors would make objects of them
        FloatVector s0 = load(before, 0);
        FloatVector s1 = load(before, LANES);
        FloatVector s2 = load(before, 2L * LANES);
        FloatVector s3 = load(before, 3L * LANES);
        for (int j = 0; j < n; j++) {
            long at = (long) j * stride;
            FloatVector w = FloatVector.broadcast(F, p[from + j]);
            s0 = load(v, at).fma(w, s0);
            s1 = load(v, at + LANES).fma(w, s1);
            s2 = load(v, at + 2L * LANES).fma(w, s2);
            s3 = load(v, at + 3L * LANES).fma(w, s3);
        }
        store(s0, y, 0);
        store(s1, y, LANES);
        store(s2, y, 2L * LANES);
        store(s3, y, 3L * LANES);
    }

    /// `y += x` over `d` values.
    static void add(long x, long y, int d) {
        int i = 0;
        for (; i <= d - LANES; i += LANES) store(load(x, i).add(load(y, i)), y, i);
        for (; i < d; i++) set(y, i, get(x, i) + get(y, i));
    }
}
