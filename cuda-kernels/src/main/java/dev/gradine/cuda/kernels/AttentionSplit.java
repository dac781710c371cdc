package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Workspace;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Sequences;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Launches `attention_split.cuh`: a block for each slice of the keys, then one for each query and head to join them.
final class AttentionSplit {

    private static final int SPAN = 32; // keys in shared memory

    private final Gpu gpu;
    private final Map<AttentionSpec, Lists> bySpec = new HashMap<>(); // layers with different masks may take turns
    private final Workspace outs;
    private final Workspace shares;

    /// The lists at `address` on the device.
    private record Listed(Sequences sequences, AttentionSlices slices, long address) {

        /// Where the pages are that keys lie in, 0 if there are none.
        long pages() {
            return slices.pages().isEmpty() ? 0 : address + slices.pagesAt();
        }
    }

    /// The last lists for one kind of layer, and their memory.
    private static final class Lists {
        private final Workspace memory;
        private @Nullable Listed last;

        Lists(Gpu gpu) {
            memory = new Workspace(gpu);
        }
    }

    AttentionSplit(Gpu gpu) {
        this.gpu = gpu;
        this.outs = new Workspace(gpu);
        this.shares = new Workspace(gpu);
    }

    void forward(Tensor q, Tensor k, Tensor v, AttentionSpec spec, Sequences sequences, Tensor y, Tensor lse) {
        Listed l = listed(sequences, spec);
        long out = outs.room(4L * l.slices.parts() * spec.headDim());
        long share = shares.room(8L * l.slices.parts());
        int blocks = l.slices.slices().size();
        new Arguments()
                .values(q, k, v, l.address, l.pages(), spec.heads(), spec.kvHeads(), spec.headDim())
                .values(spec.scale(), spec.softCap(), out, share)
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
        Lists lists = bySpec.computeIfAbsent(spec, _ -> new Lists(gpu));
        Listed l = lists.last;
        if (l != null && l.sequences == sequences) return l;
        AttentionSlices slices = AttentionSlices.of(spec.mask(), sequences, spec.heads(), spec.perGroup());
        int[] ints = slices.toInts();
        long address = lists.memory.room(4L * ints.length);
        gpu.upload(MemorySegment.ofArray(ints), address);
        Listed now = new Listed(sequences, slices, address);
        lists.last = now;
        return now;
    }
}
