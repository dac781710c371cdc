package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.Workspace;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Operands;
import org.jspecify.annotations.Nullable;

/// Sums over the rows of a matrix in two stages: slabs of rows, whose number depends on the sizes alone, into memory of
/// their own, then over the slabs in one order. The first stage is a kernel made of `columns.cuh`.
final class ColumnSums {

    private static final int MOST_SLABS = 128;
    private static final int SHORTEST_SLAB = 32; // rows, four a warp
    private static final int THREADS = 256;
    private static final int TILE = 32; // groups of columns that a block sums at a time

    private final Gpu gpu;
    private final Workspace workspace;

    ColumnSums(Gpu gpu) {
        this.gpu = gpu;
        this.workspace = new Workspace(gpu);
    }

    /// Adds the column sums of what `first` makes of a matrix into each of `totals`; null for one that is not wanted.
    ///
    /// @param first kernel whose parameters are `inputs`, then `float* sums, int n, int c, int slab_rows`
    /// @param like the matrix
    void add(Kernel first, Tensor like, Object[] inputs, @Nullable Tensor... totals) {
        int n = like.shape().rows();
        int c = like.shape().last();
        if (n == 0) return;
        int slabRows = Math.max(SHORTEST_SLAB, Math.ceilDiv(n, MOST_SLABS));
        int slabs = Math.ceilDiv(n, slabRows);
        int width = totals.length * c;
        long sums = workspace.room((long) slabs * width * Float.BYTES);
        Object[] arguments = new Object[inputs.length + 4];
        System.arraycopy(inputs, 0, arguments, 0, inputs.length);
        arguments[inputs.length] = sums;
        arguments[inputs.length + 1] = n;
        arguments[inputs.length + 2] = c;
        arguments[inputs.length + 3] = slabRows;
        int tiles = Math.ceilDiv(Data.groups(c, like.dtype()), TILE);
        gpu.launch(first, new Grid(tiles, slabs, 1, THREADS, 0), arguments);
        Kernel second = new Kernel("reduce", "reduce_add_slabs");
        for (int k = 0; k < totals.length; k++) {
            Tensor total = totals[k];
            if (total == null) continue;
            long part = sums + (long) k * c * Float.BYTES;
            gpu.launch(second, Grid.covering(c, THREADS), part, width, slabs, total, c);
        }
    }

    /// Fails unless each of `totals` that is wanted has a sum for each of `c` columns.
    static void require(String op, String name, @Nullable Tensor total, int c) {
        if (total != null) Operands.require(op, name, total, DType.F32, c);
    }
}
