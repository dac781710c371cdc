package dev.gradine.tensor.cpu;

import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import java.util.stream.IntStream;

/// The attention formula in double, loop by loop.
final class AttentionReference {

    private AttentionReference() {}

    /// `y` for the whole batch; fills `lse [Nq·H]` on the way.
    static double[] forward(double[] q, double[] k, double[] v, AttentionSpec spec, Sequences sequences, double[] lse) {
        double[] y = new double[q.length];
        for (int s = 0; s < sequences.count(); s++) {
            for (int i = 0; i < sequences.queries(s); i++) {
                int[] keys = visible(spec.mask(), sequences, s, i);
                for (int h = 0; h < spec.heads(); h++) {
                    row(q, k, v, spec, sequences.queryStart(s) + i, h, keys, y, lse);
                }
            }
        }
        return y;
    }

    /// Key rows that query number `i` of sequence `s` sees.
    private static int[] visible(Mask mask, Sequences sequences, int s, int i) {
        int p = sequences.parent(s);
        int shared = p < 0 ? 0 : sequences.keys(p);
        int keys = shared + sequences.keys(s);
        int position = keys - sequences.queries(s) + i;
        return IntStream.range(0, keys)
                .filter(j -> switch (mask) {
                    case Mask.Causal() -> j <= position;
                    case Mask.Full() -> true;
                    case Mask.Window(int w) -> j <= position && j > position - w;
                    case Mask.Around(int r) -> Math.abs(position - j) <= r;
                    case Mask.Chunk(int c, int h) -> j <= position && (j + h) / c == (position + h) / c;
                })
                .map(j -> j < shared ? sequences.keyStart(p) + j : sequences.keyStart(s) + j - shared)
                .toArray();
    }

    private static void row(
            double[] q,
            double[] k,
            double[] v,
            AttentionSpec spec,
            int i,
            int h,
            int[] keys,
            double[] y,
            double[] lse) {
        int d = spec.headDim();
        int group = h / (spec.heads() / spec.kvHeads());
        int qAt = (i * spec.heads() + h) * d;
        double[] p = new double[keys.length];
        double max = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < p.length; j++) {
            int kAt = (keys[j] * spec.kvHeads() + group) * d;
            for (int e = 0; e < d; e++) p[j] += q[qAt + e] * k[kAt + e];
            p[j] *= spec.scale();
            if (spec.softCap() > 0) p[j] = spec.softCap() * Math.tanh(p[j] / spec.softCap());
            max = Math.max(max, p[j]);
        }
        double sum = 0;
        for (double s : p) sum += Math.exp(s - max);
        lse[i * spec.heads() + h] = max + Math.log(sum);
        for (int j = 0; j < p.length; j++) {
            int vAt = (keys[j] * spec.kvHeads() + group) * d;
            double weight = Math.exp(p[j] - max) / sum;
            for (int e = 0; e < d; e++) y[qAt + e] += weight * v[vAt + e];
        }
    }
}
