package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Workspace;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Sequences;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Launches `attention_split.cuh`: a block for each slice of the keys, then one for each query and head to join them.
final class AttentionSplit {

    private static final int SPAN = 32; // keys in shared memory

    private final Gpu gpu;
    private final Workspace lists;
    private final Workspace outs;
    private final Workspace shares;
    private @Nullable Listed listed;

    /// The lists at `address` on the device.
    private record Listed(Sequences sequences, AttentionSpec spec, AttentionSlices slices, long address) {}

    AttentionSplit(Gpu gpu) {
        this.gpu = gpu;
        this.lists = new Workspace(gpu);
        this.outs = new Workspace(gpu);
        this.shares = new Workspace(gpu);
    }

    void forward(Tensor q, Tensor k, Tensor v, AttentionSpec spec, Sequences sequences, Tensor y, Tensor lse) {
        Listed l = listed(sequences, spec);
        long out = outs.room(4L * l.slices.parts() * spec.headDim());
        long share = shares.room(8L * l.slices.parts());
        int blocks = l.slices.slices().size();
        new Arguments()
                .values(q, k, v, l.address, spec.heads(), spec.kvHeads(), spec.headDim(), spec.scale(), out, share)
                .launch(
                        gpu,
                        Data.kernel("attention", "split", q.dtype()),
                        AttentionPath.grid(gpu, blocks, spec.kvHeads(), spec, sharedBytes(spec)));
        new Arguments()
                .values(out, share, l.address + l.slices.jointsAt(), spec.heads(), spec.headDim(), y, lse)
                .launch(
                        gpu,
                        Data.kernel("attention", "join", q.dtype()),
                        new Grid(sequences.queries(), spec.heads(), 1, AttentionPath.THREADS, 0));
    }

    /// Keys and values; queries and sums; probabilities.
    private static long sharedBytes(AttentionSpec spec) {
        long pitch = Math.ceilDiv(spec.headDim(), 8) * 8L + 4;
        return 4 * ((2 * SPAN + 2 * AttentionSlices.PAIRS) * pitch + AttentionSlices.PAIRS * (SPAN + 4));
    }

    private Listed listed(Sequences sequences, AttentionSpec spec) {
        Listed l = listed;
        if (l != null && l.sequences == sequences && l.spec.equals(spec)) return l;
        AttentionSlices slices = AttentionSlices.of(sequences, spec.heads(), spec.heads() / spec.kvHeads());
        int[] ints = slices.toInts();
        long address = lists.room(4L * ints.length);
        gpu.upload(MemorySegment.ofArray(ints), address);
        Listed now = new Listed(sequences, spec, slices, address);
        listed = now;
        return now;
    }
}
