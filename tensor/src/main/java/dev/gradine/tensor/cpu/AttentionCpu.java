package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.address;
import static dev.gradine.tensor.cpu.Native.writable;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Sequences;

/// Grouped-query attention by blocks.
final class AttentionCpu implements AttentionKernel {

    static final AttentionKernel KERNEL = new AttentionCpu(false);

    /// Computes each query as if it were alone.
    static final AttentionKernel BY_ROW = new AttentionCpu(true);

    private final boolean byRow;

    private AttentionCpu(boolean byRow) {
        this.byRow = byRow;
    }

    @Override
    public void forward(Tensor q, Tensor k, Tensor v, AttentionSpec spec, Sequences sequences, Tensor y, Tensor lse) {
        spec.require(sequences);
        assert q.size() == sequences.queries() * spec.heads() * spec.headDim() && y.size() == q.size();
        assert k.size() == sequences.keys() * spec.kvHeads() * spec.headDim() && v.size() == k.size();
        Sequences cut = spec.mask().over(sequences);
        var at = new AttentionForward.Addresses(address(q), address(k), address(v), writable(y), writable(lse));
        new AttentionForward(at, spec, cut, byRow).run();
    }

    @Override
    public void backward(
            Upstream up,
            Tensor q,
            Tensor k,
            Tensor v,
            AttentionSpec spec,
            Sequences sequences,
            Tensor dq,
            Tensor dk,
            Tensor dv) {
        spec.require(sequences);
        sequences.requireOwnKeys("attention_gradient");
        assert dq.size() == q.size() && dk.size() == k.size() && dv.size() == v.size();
        var in = new AttentionBackward.Arguments(
                address(up.dy()), address(up.y()), address(up.lse()), address(q), address(k), address(v));
        var to = new AttentionBackward.Outputs(writable(dq), writable(dk), writable(dv));
        AttentionBackward.run(in, spec, spec.mask().over(sequences), to);
    }
}
