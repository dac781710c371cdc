package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.lang.foreign.Arena;

/// Another order of the columns of a matrix than Hugging Face's, which move in heads. A head that is no whole number
/// of blocks of a quantised matrix is read as f32.
///
/// @param order of the heads of one row, as if they were rows
/// @param heads of a row
record StoredColumns(StoredRows order, int heads) implements StoredChange {

    @Override
    public Tensor undone(Tensor stored, Arena arena) {
        int width = stored.shape().last() / heads;
        boolean isWhole = width % stored.dtype().blockSize() == 0;
        return moved(isWhole ? stored : decoded(stored, arena), arena, true);
    }

    @Override
    public Tensor done(Tensor own, Arena arena) {
        return moved(own, arena, false);
    }

    private Tensor moved(Tensor t, Arena arena, boolean isBack) {
        Tensor apart = t.reshape(
                Shape.of(t.size() / t.shape().last() * heads, t.shape().last() / heads));
        StoredRows each = (row, _) -> row - row % heads + order.stored(row % heads, heads);
        return (isBack ? each.undone(apart, arena) : each.done(apart, arena)).reshape(t.shape());
    }

    /// The values of any type as f32.
    static Tensor decoded(Tensor t, Arena arena) {
        if (t.dtype() == DType.F32) return t;
        try (Kernels run = CpuKernels.open()) {
            return Tensor.of(arena, t.shape(), run.download(t));
        }
    }
}
