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

    private static AttentionPath tensorCores(int d) {
        long queries = 128;
        long keys = d == 64 ? 128 : 64;
        long row = 2L * d;
        long twoPairs = 4 * 4096 * 2L; // two of the tiles of 4096 / d keys and values
        return new AttentionPath(
                "_bf16_d" + d,
                false,
                (int) queries,
                (int) keys,
                (queries + 2 * 64) * row,
                2L * queries * row + twoPairs,
                2L * keys * row + 4 * 32 * row);
    }

    private static AttentionPath any(String suffix, int d) {
        long rows = 4L * SPAN * (Math.ceilDiv(d, 8) * 8 + 4);
        long scores = 4L * SPAN * (SPAN + 4);
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
