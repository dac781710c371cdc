package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.AttentionKernel.Heads;
import dev.gradine.tensor.kernel.Segments;

/// The attention formula in double, loop by loop.
final class AttentionReference {

    private AttentionReference() {}

    /// `y` for the whole batch; fills `lse [Nq·H]` on the way.
    static double[] forward(double[] q, double[] k, double[] v, Heads heads, Segments segments, double[] lse) {
        double[] y = new double[q.length];
        for (int s = 0; s < segments.count(); s++) {
            for (int i = segments.queryStart(s); i < segments.queryStart(s + 1); i++) {
                int lastKey = segments.keyStart(s + 1) - segments.queryStart(s + 1) + i;
                for (int h = 0; h < heads.heads(); h++) {
                    row(q, k, v, heads, i, h, segments.keyStart(s), lastKey, y, lse);
                }
            }
        }
        return y;
    }

    private static void row(
            double[] q,
            double[] k,
            double[] v,
            Heads heads,
            int i,
            int h,
            int first,
            int last,
            double[] y,
            double[] lse) {
        int d = heads.headDim();
        int group = h / (heads.heads() / heads.kvHeads());
        int qAt = (i * heads.heads() + h) * d;
        double[] p = new double[last - first + 1];
        double max = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < p.length; j++) {
            int kAt = ((first + j) * heads.kvHeads() + group) * d;
            for (int e = 0; e < d; e++) p[j] += q[qAt + e] * k[kAt + e];
            p[j] *= heads.scale();
            max = Math.max(max, p[j]);
        }
        double sum = 0;
        for (double s : p) sum += Math.exp(s - max);
        lse[i * heads.heads() + h] = max + Math.log(sum);
        for (int j = 0; j < p.length; j++) {
            int vAt = ((first + j) * heads.kvHeads() + group) * d;
            double weight = Math.exp(p[j] - max) / sum;
            for (int e = 0; e < d; e++) y[qAt + e] += weight * v[vAt + e];
        }
    }
}
