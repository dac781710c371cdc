package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionSpec;

/// Which kernels compute attention, and what their blocks hold: tensor cores for bf16 heads of 64 and
/// 128 without a soft cap, f32 units for all else.
///
/// @param suffix end of the kernels' names
/// @param takesHeadDim whether they are told the size of a head
/// @param queries rows of a tile of queries
/// @param keys rows of a tile of keys
/// @param forwardBytes shared memory of a block of the forward kernel
/// @param queryBytes of the kernel that computes dq
/// @param keyBytes of the kernel that computes dk and dv
record AttentionPath(
        String suffix, boolean takesHeadDim, int queries, int keys, long forwardBytes, long queryBytes, long keyBytes) {

    static final int THREADS = 128;

    private static final int SPAN = 32; // rows of all tiles of the f32 kernels
    private static final int PIECE = 16; // bytes of one asynchronous copy

    /// The path of a call.
    ///
    /// @param all every tensor of queries or keys that the call reads
    static AttentionPath of(AttentionSpec spec, Tensor... all) {
        boolean bf16 = all[0].dtype() == DType.BF16;
        int d = spec.headDim();
        boolean aligned = true;
        for (Tensor t : all) aligned &= t.data().address() % PIECE == 0;
        boolean plain = spec.scale() > 0 && spec.softCap() == 0;
        if (bf16 && aligned && plain && (d == 64 || d == 128)) return tensorCores(d);
        return any(bf16 ? "_bf16" : "_f32", d);
    }

    /// Rows of bf16 in shared memory, as `attention_mma_forward.cuh` and `attention_mma_backward.cuh` lay them out:
    ///
    /// - forward: the queries, a tile of keys, the tile of their values
    /// - for dq: q and dy, and two pairs of tiles of keys and values, of which one travels
    /// - for dk and dv: k and v, and two pairs of tiles of q and dy, of which one travels
    private static AttentionPath tensorCores(int d) {
        int queries = 128;
        int keys = d == 64 ? 128 : 64;
        long row = (long) d * Short.BYTES;
        int forwardKeys = 64; // of a tile
        int passingKeys = 4096 / d; // of a tile that passes in the kernel for dq
        int passingQueries = 32; // of a tile that passes in the kernel for dk and dv
        return new AttentionPath(
                "_bf16_d" + d,
                false,
                queries,
                keys,
                (queries + 2 * forwardKeys) * row,
                (2 * queries + 2 * 2 * passingKeys) * row,
                (2 * keys + 2 * 2 * passingQueries) * row);
    }

    /// Floats in shared memory, as `attention_any.cuh` lays them out; a row is four longer than what it holds, so that
    /// lanes read different banks:
    ///
    /// - forward: q, k, v and y; scores
    /// - for dq: q, dy, k, v and dq; scores
    /// - for dk and dv: k, v, q, dy, dk and dv; two arrays of scores
    private static AttentionPath any(String suffix, int d) {
        long rows = (long) SPAN * (Math.ceilDiv(d, 8) * 8 + 4) * Float.BYTES;
        long scores = (long) SPAN * (SPAN + 4) * Float.BYTES;
        return new AttentionPath(suffix, true, SPAN, SPAN, 4 * rows + scores, 5 * rows + scores, 6 * rows + 2 * scores);
    }

    /// A block per tile and head.
    ///
    /// @throws ShapeException if heads are so large that a block's tiles do not fit its shared memory
    static Grid grid(Gpu gpu, int tiles, int heads, AttentionSpec h, long bytes) {
        if (bytes > gpu.sharedBytesPerBlock()) {
            throw new ShapeException("attention: head size is %d, expected one whose tiles fit (%,d of %,d bytes)"
                    .formatted(h.headDim(), bytes, gpu.sharedBytesPerBlock()));
        }
        return new Grid(tiles, heads, 1, THREADS, (int) bytes);
    }
}
