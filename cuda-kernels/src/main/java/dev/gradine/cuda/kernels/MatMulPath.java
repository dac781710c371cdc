package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Grid;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.util.Locale;

/// Which units multiply: chosen by the types and the alignment of the two operands.
enum MatMulPath {
    /// f32 units, f32 operands.
    F32(256, 0),
    /// f32 units, operands of any real type become f32 on the way.
    ANY(256, 0),
    /// Tensor cores, bf16 operands whose rows are multiples of 16 bytes.
    BF16(128, Layout.RESULT_BYTES),
    /// Tensor cores; the second operand, of any real type, is rounded to bf16 on the way, as automatic
    /// mixed precision does with f32 weights.
    CODED(128, Layout.RESULT_BYTES);

    /// Rows and columns of the tile that one block computes.
    static final int SIDE = 128;

    /// Shared memory of the kernels on tensor cores, as `gemm_bf16.cuh` lays it out. First it holds tiles of both
    /// operands, then, in the same place, the result on its way to memory.
    static final class Layout {
        private static final int STEP = 32; // of k, of a tile of an operand

        /// Pairs of tiles: one is multiplied while copies of the others are under way.
        static final int STAGES = 4;

        /// A tile of each operand, `bf16[SIDE,STEP]` or its transpose.
        static final int PAIR_BYTES = 2 * SIDE * STEP * Short.BYTES;

        private static final int RESULT_PITCH = SIDE + 8; // floats between rows: no bank conflicts

        /// The result, `f32[SIDE,SIDE]` in rows of `RESULT_PITCH`: more than the pairs take, so it decides.
        static final int RESULT_BYTES = SIDE * RESULT_PITCH * Float.BYTES;

        private Layout() {}
    }

    private static final int PIECE = 16; // bytes of one asynchronous copy

    private final int threads;
    private final int sharedBytes;

    MatMulPath(int threads, int sharedBytes) {
        this.threads = threads;
        this.sharedBytes = sharedBytes;
    }

    /// The path of a product of `a` and `b`.
    static MatMulPath of(Tensor a, Tensor b) {
        if (a.dtype() == DType.F32 && b.dtype() == DType.F32) return F32;
        if (!canCopy(a)) return ANY;
        return canCopy(b) ? BF16 : CODED;
    }

    /// Whether `t` is bf16 in rows that asynchronous copies can take.
    static boolean canCopy(Tensor t) {
        return t.dtype() == DType.BF16
                && t.shape().last() * 2 % PIECE == 0
                && t.data().address() % PIECE == 0;
    }

    /// Whether kernels are told the type of the first operand.
    boolean typedA() {
        return this == ANY;
    }

    /// Whether kernels are told the type of the second operand.
    boolean typedB() {
        return this == ANY || this == CODED;
    }

    /// Whether kernels are told the types of all else.
    boolean typed() {
        return this != F32;
    }

    /// The end of the names of its kernels.
    String suffix() {
        return "_" + name().toLowerCase(Locale.ROOT);
    }

    /// A block per tile of `c[M,N]` and slice of the sum.
    Grid grid(int m, int n, int slices) {
        return new Grid(tiles(m, n), 1, slices, threads, sharedBytes);
    }

    /// Tiles of `c[M,N]`.
    static int tiles(int m, int n) {
        return Math.ceilDiv(m, SIDE) * Math.ceilDiv(n, SIDE);
    }
}
