package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.address;
import static dev.gradine.tensor.cpu.Native.writable;

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
        new AttentionForward(address(q), address(k), address(v), heads, segments, writable(y), writable(lse)).run();
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
                address(up.dy()), address(up.y()), address(up.lse()), address(q), address(k), address(v));
        var to = new AttentionBackward.Outputs(writable(dq), writable(dk), writable(dv));
        AttentionBackward.run(in, heads, segments, to);
    }
}
