package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.Workspace;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ReduceKernel;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Launches `reduce.cu`. Segments hold losses and statistics, which are f32.
final class ReduceCuda implements ReduceKernel {

    private static final int THREADS = 256;
    private static final int MOST_SUMS = 1024; // of squares: as many blocks as a large GPU runs at once

    private final Gpu gpu;
    private final ColumnSums columns;
    private final Workspace workspace;

    ReduceCuda(Gpu gpu) {
        this.gpu = gpu;
        this.columns = new ColumnSums(gpu);
        this.workspace = new Workspace(gpu);
    }

    @Override
    public void segmentSum(Tensor x, Tensor offsets, Tensor y) {
        segments("segment_sum", "x", x, offsets, "y", y, x.size(), y.size());
    }

    @Override
    public void segmentSumBackward(Tensor dy, Tensor offsets, Tensor dx) {
        segments("segment_sum_backward", "dy", dy, offsets, "dx", dx, dx.size(), dy.size());
    }

    private void segments(
            String entry, String in, Tensor from, Tensor offsets, String out, Tensor to, int n, int segments) {
        require("segment_sum", in, from, DType.F32, from.size());
        require("segment_sum", "offsets", offsets, DType.I32, segments + 1);
        require("segment_sum", out, to, DType.F32, to.size());
        if (segments == 0) return;
        Grid grid = Grids.rows(gpu, segments, n / segments, 4, THREADS);
        gpu.launch(Data.kernel("reduce", entry, DType.F32), grid, from, offsets, to, segments, n);
    }

    @Override
    public void addColumnSums(Tensor x, Tensor y) {
        DType type = Data.type("column_sums", "x", x);
        require("column_sums", "y", y, DType.F32, x.shape().last());
        columns.add(Data.kernel("reduce", "column_sums", type), x, new Object[] {x}, y);
    }

    @Override
    public void rowSums(Tensor x, Tensor y) {
        int n = x.shape().rows();
        DType type = Data.type("row_sums", "x", x);
        require("row_sums", "y", y, DType.F32, n);
        if (n == 0) return;
        int c = x.shape().last();
        Grid grid = Grids.rows(gpu, n, Data.groups(c, type), 4, MOST_SUMS);
        gpu.launch(Data.kernel("reduce", "row_sums", type), grid, x, y, n, c);
    }

    @Override
    public double sumOfSquares(Tensor x) {
        return sumOfSquares(List.of(x));
    }

    @Override
    public double sumOfSquares(List<Tensor> all) {
        int blocks = 0;
        for (Tensor x : all) blocks += blocks(x);
        if (blocks == 0) return 0;
        long sums = workspace.room((long) blocks * Double.BYTES);
        long at = sums;
        for (Tensor x : all) {
            if (x.size() == 0) continue;
            Kernel kernel = Data.kernel("reduce", "squares", x.dtype());
            gpu.launch(kernel, Grid.of(blocks(x), THREADS), x, at, x.size());
            at += (long) blocks(x) * Double.BYTES;
        }
        double[] parts = new double[blocks];
        gpu.download(sums, MemorySegment.ofArray(parts));
        double total = 0;
        for (double part : parts) total += part;
        return total;
    }

    private static int blocks(Tensor x) {
        int lanes = Data.lanes(Data.type("sum_of_squares", "x", x));
        return Math.min(MOST_SUMS, Math.ceilDiv(x.size(), 4 * THREADS * lanes));
    }
}
