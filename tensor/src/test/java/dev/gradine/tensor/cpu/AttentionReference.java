package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.AttentionKernel.Heads;
import dev.gradine.tensor.kernel.Segments;
import java.util.stream.IntStream;

/// The attention formula in double, loop by loop.
final class AttentionReference {

    private AttentionReference() {}

    /// `y` for the whole batch; fills `lse [Nq·H]` on the way.
    static double[] forward(double[] q, double[] k, double[] v, Heads heads, Segments segments, double[] lse) {
        double[] y = new double[q.length];
        for (int s = 0; s < segments.count(); s++) {
            for (int i = segments.queryStart(s); i < segments.queryStart(s + 1); i++) {
                int[] keys = visible(segments, s, i);
                for (int h = 0; h < heads.heads(); h++) row(q, k, v, heads, i, h, keys, y, lse);
            }
        }
        return y;
    }

    /// Key rows that query row `i` of sequence `s` sees.
    private static int[] visible(Segments segments, int s, int i) {
        int p = segments.parent(s);
        IntStream before = p < 0 ? IntStream.empty() : IntStream.range(segments.keyStart(p), segments.keyStart(p + 1));
        int last = segments.keyStart(s + 1) - segments.queryStart(s + 1) + i;
        return IntStream.concat(before, IntStream.rangeClosed(segments.keyStart(s), last))
                .toArray();
    }

    private static void row(
            double[] q, double[] k, double[] v, Heads heads, int i, int h, int[] keys, double[] y, double[] lse) {
        int d = heads.headDim();
        int group = h / (heads.heads() / heads.kvHeads());
        int qAt = (i * heads.heads() + h) * d;
        double[] p = new double[keys.length];
        double max = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < p.length; j++) {
            int kAt = (keys[j] * heads.kvHeads() + group) * d;
            for (int e = 0; e < d; e++) p[j] += q[qAt + e] * k[kAt + e];
            p[j] *= heads.scale();
            max = Math.max(max, p[j]);
        }
        double sum = 0;
        for (double s : p) sum += Math.exp(s - max);
        lse[i * heads.heads() + h] = max + Math.log(sum);
        for (int j = 0; j < p.length; j++) {
            int vAt = (keys[j] * heads.kvHeads() + group) * d;
            double weight = Math.exp(p[j] - max) / sum;
            for (int e = 0; e < d; e++) y[qAt + e] += weight * v[vAt + e];
        }
    }
}
