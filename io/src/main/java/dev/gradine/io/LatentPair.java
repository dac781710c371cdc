package dev.gradine.io;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.Transposed;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Keys and values of latent attention, two tensors of a file, of which the first is turned in each head:
///
/// ```
/// kv_b_proj  [H·(n+v), r]  ←  attn_k_b [H, r, n],  attn_v_b [H, v, r]
/// ```
///
/// Blocks of quantised keys lie along n, so that keys and values are read as f32 where one of them is quantised, or
/// they are of two types.
///
/// @param heads H
/// @param still n, to write
record LatentPair(int heads, int still) implements StoredPair {

    private static final StackedPair ROWS = new StackedPair(false, false, 1);

    @Override
    public Tensor joined(Tensor first, Tensor second, Arena arena) {
        Shape k = first.shape();
        Shape v = second.shape();
        if (k.rank() != 3 || v.rank() != 3 || k.dim(0) != v.dim(0) || k.dim(1) != v.dim(2)) {
            throw new IllegalArgumentException(
                    "keys are %s, values are %s, expected [H,r,n] and [H,v,r]".formatted(first, second));
        }
        boolean isPlain = first.dtype() == second.dtype() && first.dtype().blockSize() == 1;
        Tensor keys = turned(isPlain ? first : StoredColumns.decoded(first, arena), arena);
        Tensor both = ROWS.joined(keys, isPlain ? second : StoredColumns.decoded(second, arena), arena);
        return both.reshape(
                Shape.of(both.shape().dim(0) * both.shape().dim(1), both.shape().dim(2)));
    }

    @Override
    public Shape half(Shape both, int index) {
        int rows = both.dim(0) / heads;
        int rank = both.dim(1);
        return index == 0 ? Shape.of(heads, rank, still) : Shape.of(heads, rows - still, rank);
    }

    @Override
    public Tensor half(Tensor both, int index, Arena arena) {
        int rows = both.shape().dim(0) / heads;
        Tensor each = both.reshape(Shape.of(heads, rows, both.shape().dim(1)));
        Tensor half = new StackedPair(false, false, rows - still).half(each, index, arena);
        return index == 0 ? turned(half, arena) : half;
    }

    /// `[H,a,b] → [H,b,a]`.
    private static Tensor turned(Tensor stack, Arena arena) {
        Shape s = stack.shape();
        Tensor rows = stack.reshape(Shape.of(s.dim(0) * s.dim(1), s.dim(2)));
        MemorySegment out = arena.allocate(stack.data().byteSize(), Tensor.ALIGNMENT);
        long bytes = stack.data().byteSize() / s.dim(0);
        for (int h = 0; h < s.dim(0); h++) {
            Tensor one = Transposed.of(rows.rows(h * s.dim(1), (h + 1) * s.dim(1)));
            MemorySegment.copy(one.data(), 0, out, h * bytes, bytes);
        }
        return new Tensor(out, stack.dtype(), Shape.of(s.dim(0), s.dim(2), s.dim(1)));
    }
}
