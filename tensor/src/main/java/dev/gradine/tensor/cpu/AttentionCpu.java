package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.Segments;
import java.lang.foreign.MemorySegment;

/// Causal grouped-query attention.
final class AttentionCpu implements AttentionKernel {

    static final AttentionKernel KERNEL = new AttentionCpu();

    private AttentionCpu() {}

    @Override
    public void forward(Tensor q, Tensor k, Tensor v, Heads heads, Segments segments, Tensor y, Tensor lse) {
        int h = heads.heads();
        Parallel.forEach(segments.count() * h, task -> forward(q, k, v, heads, segments, y, lse, task / h, task % h));
    }

    private static void forward(
            Tensor q, Tensor k, Tensor v, Heads heads, Segments segments, Tensor y, Tensor lse, int s, int h) {
        int d = heads.headDim();
        int g = h / (heads.heads() / heads.kvHeads());
        int qStride = heads.heads() * d;
        int kStride = heads.kvHeads() * d;
        int queries = segments.queryStart(s + 1) - segments.queryStart(s);
        int keys = segments.keyStart(s + 1) - segments.keyStart(s);
        long kAt = (long) segments.keyStart(s) * kStride + (long) g * d;
        float[] scores = ThreadArrays.floats(keys);
        for (int i = 0; i < queries; i++) {
            long row = (long) segments.queryStart(s) + i;
            int visible = keys - queries + i + 1;
            long qAt = row * qStride + (long) h * d;
            AttentionRow.scores(q.data(), qAt, k.data(), kAt, kStride, d, heads.scale(), scores, visible);
            Vectors.set(lse.data(), row * heads.heads() + h, AttentionRow.softmax(scores, visible));
            AttentionRow.weighted(scores, visible, v.data(), kAt, kStride, d, y.data(), qAt);
        }
    }

    @Override
    public void backward(
            Upstream up,
            Tensor q,
            Tensor k,
            Tensor v,
            Heads heads,
            Segments segments,
            Tensor dq,
            Tensor dk,
            Tensor dv) {
        ElementwiseCpu.KERNEL.fill(dq, 0);
        ElementwiseCpu.KERNEL.fill(dk, 0);
        ElementwiseCpu.KERNEL.fill(dv, 0);
        int groups = heads.kvHeads();
        int repeat = heads.heads() / groups;
        Parallel.forEach(segments.count() * groups, task -> {
            for (int h = task % groups * repeat; h < (task % groups + 1) * repeat; h++) {
                backward(up, q, k, v, heads, segments, dq, dk, dv, task / groups, h);
            }
        });
    }

    private static void backward(
            Upstream up,
            Tensor q,
            Tensor k,
            Tensor v,
            Heads heads,
            Segments segments,
            Tensor dq,
            Tensor dk,
            Tensor dv,
            int s,
            int h) {
        int d = heads.headDim();
        int g = h / (heads.heads() / heads.kvHeads());
        int qStride = heads.heads() * d;
        int kStride = heads.kvHeads() * d;
        int queries = segments.queryStart(s + 1) - segments.queryStart(s);
        int keys = segments.keyStart(s + 1) - segments.keyStart(s);
        float[] scores = ThreadArrays.floats(keys);
        MemorySegment dy = up.dy().data();
        for (int i = 0; i < queries; i++) {
            long row = (long) segments.queryStart(s) + i;
            int visible = keys - queries + i + 1;
            long qAt = row * qStride + (long) h * d;
            long kAt = (long) segments.keyStart(s) * kStride + (long) g * d;
            AttentionRow.scores(q.data(), qAt, k.data(), kAt, kStride, d, heads.scale(), scores, visible);
            float lse = Vectors.get(up.lse().data(), row * heads.heads() + h);
            float delta = Vectors.dot(dy, qAt, up.y().data(), qAt, d);
            for (int j = 0; j < visible; j++, kAt += kStride) {
                float p = (float) Math.exp(scores[j] - lse);
                float ds = p * (Vectors.dot(dy, qAt, v.data(), kAt, d) - delta) * heads.scale();
                AttentionRow.add(p, dy, qAt, dv.data(), kAt, d);
                AttentionRow.add(ds, q.data(), qAt, dk.data(), kAt, d);
                AttentionRow.add(ds, k.data(), kAt, dq.data(), qAt, d);
            }
        }
    }
}
