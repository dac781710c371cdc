package dev.gradine.cuda.kernels;

import dev.gradine.cuda.kernels.AttentionLists.Listed;
import dev.gradine.gpu.DeviceMemory;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.TensorMap;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel.Upstream;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Sequences;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Attention in instructions that only Hopper has, for bf16 heads of 64 and 128, as
/// `attention.sm_90a.cu` lays it out: blocks that stay, each with one warpgroup that brings tiles and
/// others of 64 rows each that compute.
final class AttentionHopper {

    private static final int WARPGROUP = 128; // threads
    private static final int ROWS = 64; // of a warpgroup
    private static final int KEYS = 128; // keys of a tile of the forward kernel
    private static final int BACKWARD_ROWS = 2 * ROWS; // of the tiles that stay in the backward kernels
    private static final int BACKWARD_STAGES = 3; // pairs of tiles that travel
    private static final int COLUMNS = 64; // values of a row of a tile in shared memory: 128 bytes
    private static final int UNUSED = 1024; // bytes at most before the first tile

    private final Gpu gpu;
    private final Set<Kernel> kernels; // that may be chosen: asked once, since a file is hashed for it
    private final AttentionLists forwardLists;
    private final AttentionLists backwardLists;

    AttentionHopper(Gpu gpu) {
        this.gpu = gpu;
        this.kernels = Stream.of("forward", "backward_q", "backward_kv")
                .flatMap(pass -> Stream.of(kernel(pass, 64), kernel(pass, 128)))
                .filter(gpu::runs)
                .collect(Collectors.toSet());
        this.forwardLists = new AttentionLists(gpu);
        this.backwardLists = new AttentionLists(gpu);
    }

    /// Whether a pass may be chosen: it takes what the tensor cores' path takes, where the mask is causal
    /// in each of the sequences it is given.
    boolean runs(String pass, AttentionPath path, AttentionSpec spec) {
        boolean causal = spec.mask() instanceof Mask.Causal || spec.mask() instanceof Mask.Chunk;
        return causal && !path.takesHeadDim() && kernels.contains(kernel(pass, spec.headDim()));
    }

    private static Kernel kernel(String pass, int headDim) {
        return new Kernel("attention.sm_90a", "attention_" + pass + "_hopper_bf16_d" + headDim);
    }

    void forward(Tensor q, Tensor k, Tensor v, AttentionSpec spec, Sequences sequences, Tensor y, Tensor lse) {
        int queries = (spec.headDim() == 64 ? 3 : 2) * ROWS;
        Listed l = forwardLists.of(spec.mask(), sequences, queries, KEYS);
        int tiles = l.tiles().queries().size();
        int row = 2 * spec.headDim();
        int stages = 1024 / row;
        int bytes = 3 * queries * row + stages * KEYS * row + 40 + 16 * stages;
        new Arguments()
                .values(map(q, spec.heads(), spec, queries))
                .values(map(k, spec.kvHeads(), spec, KEYS), map(v, spec.kvHeads(), spec, KEYS))
                .values(l.address(), tiles, spec.heads(), spec.kvHeads(), spec.scale(), y, lse)
                .launch(gpu, kernel("forward", spec.headDim()), grid(tiles, spec.heads(), queries, bytes));
    }

    /// @param delta where Σ y · dy of every row and head is
    void backwardQ(
            Upstream up, long delta, Tensor q, Tensor k, Tensor v, AttentionSpec spec, Sequences sequences, Tensor dq) {
        Listed l = backwardLists.of(spec.mask(), sequences, BACKWARD_ROWS, BACKWARD_ROWS);
        int tiles = l.tiles().queries().size();
        int keys = 8192 / spec.headDim();
        new Arguments()
                .values(map(up.dy(), spec.heads(), spec, BACKWARD_ROWS), up.lse(), delta)
                .values(map(q, spec.heads(), spec, BACKWARD_ROWS))
                .values(map(k, spec.kvHeads(), spec, keys), map(v, spec.kvHeads(), spec, keys))
                .values(l.address(), tiles, spec.heads(), spec.kvHeads(), spec.scale(), dq)
                .launch(gpu, kernel("backward_q", spec.headDim()), backwardGrid(tiles, spec.heads(), keys, spec));
    }

    /// @param delta where Σ y · dy of every row and head is
    void backwardKv(
            Upstream up,
            long delta,
            Tensor q,
            Tensor k,
            Tensor v,
            AttentionSpec spec,
            Sequences sequences,
            Tensor dk,
            Tensor dv) {
        Listed l = backwardLists.of(spec.mask(), sequences, BACKWARD_ROWS, BACKWARD_ROWS);
        int tiles = l.tiles().keys().size();
        new Arguments()
                .values(map(up.dy(), spec.heads(), spec, ROWS), up.lse(), delta)
                .values(map(q, spec.heads(), spec, ROWS))
                .values(map(k, spec.kvHeads(), spec, BACKWARD_ROWS), map(v, spec.kvHeads(), spec, BACKWARD_ROWS))
                .values(l.keys(), l.sources(), tiles, spec.heads(), spec.kvHeads(), spec.scale(), dk, dv)
                .launch(gpu, kernel("backward_kv", spec.headDim()), backwardGrid(tiles, spec.kvHeads(), ROWS, spec));
    }

    /// Rows of all heads, of which a box takes `rows` rows and 64 columns.
    private static TensorMap map(Tensor t, int heads, AttentionSpec h, int rows) {
        long width = (long) heads * h.headDim();
        return TensorMap.matrix(DeviceMemory.address(t), DType.BF16, t.size() / width, width, rows, COLUMNS);
    }

    /// Two tiles and the results, the ring of pairs of tiles of `rows` rows with two floats a row, barriers.
    private Grid backwardGrid(int tiles, int heads, int rows, AttentionSpec h) {
        int row = 2 * h.headDim();
        int bytes = 3 * BACKWARD_ROWS * row + BACKWARD_STAGES * (2 * rows * row + 8 * (rows + 1));
        return grid(tiles, heads, BACKWARD_ROWS, bytes + 24 + 16 * BACKWARD_STAGES);
    }

    /// As many blocks as stay on the device; a warpgroup for every 64 of the rows and one more.
    private Grid grid(int tiles, int heads, int rows, int bytes) {
        int blocks = (int) Math.min(gpu.multiprocessors(), (long) tiles * heads);
        return new Grid(blocks, 1, 1, (rows / ROWS + 1) * WARPGROUP, UNUSED + bytes);
    }
}
