package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.Segments;

/// Causal grouped-query attention by blocks.
final class AttentionCpu implements AttentionKernel {

    static final AttentionKernel KERNEL = new AttentionCpu();

    private AttentionCpu() {}

    @Override
    public void forward(Tensor q, Tensor k, Tensor v, Heads heads, Segments segments, Tensor y, Tensor lse) {
        assert q.size() == segments.queries() * heads.heads() * heads.headDim() && y.size() == q.size();
        assert k.size() == segments.keys() * heads.kvHeads() * heads.headDim() && v.size() == k.size();
        AttentionForward.run(q, k, v, heads, segments, y, lse);
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
        assert dq.size() == q.size() && dk.size() == k.size() && dv.size() == v.size();
        var in = new AttentionBackward.Arguments(
                up.dy().data(), up.y().data(), up.lse().data(), q.data(), k.data(), v.data());
        AttentionBackward.run(in, heads, segments, new AttentionBackward.Outputs(dq.data(), dk.data(), dv.data()));
    }
}
