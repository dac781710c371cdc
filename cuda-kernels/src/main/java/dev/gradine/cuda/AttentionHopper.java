package dev.gradine.cuda;

import dev.gradine.cuda.AttentionLists.Listed;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel.Heads;
import dev.gradine.tensor.kernel.Segments;
import java.util.List;

/// Attention forward in instructions that only Hopper has, for bf16 heads of 64 and 128, as
/// `attention.sm_90a.cu` lays it out: blocks that stay, each with one warpgroup that brings tiles and
/// others of 64 queries each that compute.
final class AttentionHopper {

    private static final int WARPGROUP = 128; // threads
    private static final int ROWS = 64; // queries of a warpgroup
    private static final int KEYS = 128; // keys of a tile
    private static final int COLUMNS = 64; // values of a row of a tile in shared memory: 128 bytes

    private final Gpu gpu;
    private final AttentionLists lists;

    AttentionHopper(Gpu gpu) {
        this.gpu = gpu;
        this.lists = new AttentionLists(gpu);
    }

    /// Whether the kernel for heads of this size may be chosen; it takes all that the tensor cores' path takes.
    boolean runs(AttentionPath path, Heads heads) {
        return !path.takesHeadDim() && gpu.runs(kernel(heads));
    }

    private static Kernel kernel(Heads heads) {
        return new Kernel("attention.sm_90a", "attention_forward_hopper_bf16_d" + heads.headDim());
    }

    void forward(Tensor q, Tensor k, Tensor v, Heads heads, Segments segments, Tensor y, Tensor lse) {
        int consumers = heads.headDim() == 64 ? 3 : 2;
        int queries = consumers * ROWS;
        Listed l = lists.of(segments, queries, KEYS);
        int tiles = l.tiles().queries().size();
        int blocks = (int) Math.min(gpu.multiprocessors(), (long) tiles * heads.heads());
        int threads = (consumers + 1) * WARPGROUP;
        new Arguments()
                .values(map(q, heads.heads(), heads, queries))
                .values(map(k, heads.kvHeads(), heads, KEYS), map(v, heads.kvHeads(), heads, KEYS))
                .values(l.address(), tiles, heads.heads(), heads.kvHeads(), heads.scale(), y, lse)
                .launch(gpu, kernel(heads), new Grid(blocks, 1, 1, threads, sharedBytes(heads.headDim(), queries)));
    }

    /// Rows of all heads, of which a box takes `rows` rows of half a head or a whole one.
    private static TensorMap map(Tensor t, int heads, Heads h, int rows) {
        long width = (long) heads * h.headDim();
        return new TensorMap(
                DeviceMemory.address(t),
                DType.BF16,
                List.of(width, t.size() / width),
                List.of(2 * width),
                List.of(COLUMNS, rows),
                2 * COLUMNS);
    }

    /// Queries twice, results, a ring of tiles of keys and values, barriers; up to 1024 bytes before them stay unused.
    private static int sharedBytes(int headDim, int queries) {
        int stages = 512 / headDim;
        int row = 2 * headDim;
        return 1024 + 3 * queries * row + stages * KEYS * row + 40 + 16 * stages;
    }
}
