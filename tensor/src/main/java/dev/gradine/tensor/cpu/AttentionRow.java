package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Attention of one query over the keys it sees: decoding, where a block of queries would be mostly padding. One row of
/// scores is stored.
final class AttentionRow {

    private AttentionRow() {}

    /// `s[j] = scale · q · k_j` for `n` keys whose rows are `stride` values apart.
    static void scores(
            MemorySegment q, long qAt, MemorySegment k, long kAt, int stride, int d, float scale, float[] s, int n) {
        for (int j = 0; j < n; j++) s[j] = scale * Vectors.dot(q, qAt, k, kAt + (long) j * stride, d);
    }

    /// Replaces `n` scores, which have room to be padded to whole vectors, by their softmax; returns their log-sum-exp.
    static float softmax(float[] s, int n) {
        int end = AttentionTile.padded(n);
        Arrays.fill(s, n, end, Float.NEGATIVE_INFINITY);
        FloatVector largest = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        for (int j = 0; j < end; j += LANES) largest = largest.max(FloatVector.fromArray(F, s, j));
        float max = Vectors.max(largest);
        FloatVector sums = FloatVector.zero(F);
        for (int j = 0; j < end; j += LANES) {
            FloatVector e = VectorMath.exp(FloatVector.fromArray(F, s, j).sub(max));
            e.intoArray(s, j);
            sums = sums.add(e);
        }
        float sum = Vectors.sum(sums);
        float inverse = 1 / sum;
        for (int j = 0; j < n; j++) s[j] *= inverse;
        return (float) (max + Math.log(sum));
    }

    /// `y = Σ_j p[j] v_j`.
    static void weighted(float[] p, int n, MemorySegment v, long vAt, int stride, int d, MemorySegment y, long yAt) {
        int i = 0;
        for (; i <= d - 4 * LANES; i += 4 * LANES) weighted4(p, n, v, vAt + i, stride, y, yAt + i);
        for (; i <= d - LANES; i += LANES) {
            FloatVector sum = FloatVector.zero(F);
            for (int j = 0; j < n; j++) {
                sum = load(v, vAt + (long) j * stride + i).fma(FloatVector.broadcast(F, p[j]), sum);
            }
            store(sum, y, yAt + i);
        }
        for (; i < d; i++) {
            float sum = 0;
            for (int j = 0; j < n; j++) sum = Math.fma(p[j], get(v, vAt + (long) j * stride + i), sum);
            set(y, yAt + i, sum);
        }
    }

    private static void weighted4(float[] p, int n, MemorySegment v, long vAt, int stride, MemorySegment y, long yAt) {
        FloatVector s0 = FloatVector.zero(F);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int j = 0; j < n; j++) {
            long at = vAt + (long) j * stride;
            FloatVector w = FloatVector.broadcast(F, p[j]);
            s0 = load(v, at).fma(w, s0);
            s1 = load(v, at + LANES).fma(w, s1);
            s2 = load(v, at + 2L * LANES).fma(w, s2);
            s3 = load(v, at + 3L * LANES).fma(w, s3);
        }
        store(s0, y, yAt);
        store(s1, y, yAt + LANES);
        store(s2, y, yAt + 2L * LANES);
        store(s3, y, yAt + 3L * LANES);
    }

    /// `y += a · x` over `d` values.
    static void add(float a, MemorySegment x, long xAt, MemorySegment y, long yAt, int d) {
        FloatVector factor = FloatVector.broadcast(F, a);
        int i = 0;
        for (; i <= d - LANES; i += LANES) store(load(x, xAt + i).fma(factor, load(y, yAt + i)), y, yAt + i);
        for (; i < d; i++) set(y, yAt + i, Math.fma(a, get(x, xAt + i), get(y, yAt + i)));
    }
}
