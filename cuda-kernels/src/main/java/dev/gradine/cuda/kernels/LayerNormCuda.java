package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LayerNormKernel;
import org.jspecify.annotations.Nullable;

/// Launches `layer_norm.cu`.
final class LayerNormCuda implements LayerNormKernel {

    private static final String OP = "layer_norm";
    private static final int MOST_THREADS = 1024;

    private final Gpu gpu;
    private final ColumnSums columns;

    LayerNormCuda(Gpu gpu) {
        this.gpu = gpu;
        this.columns = new ColumnSums(gpu);
    }

    @Override
    public void forward(Tensor x, Tensor w, Tensor b, float eps, Tensor y, Tensor mean, Tensor rstd) {
        DType type = Data.type(OP, "x", x);
        int c = x.shape().last();
        int n = x.shape().rows();
        require(OP, "w", w, DType.F32, c);
        require(OP, "b", b, DType.F32, c);
        require(OP, "y", y, type, x.size());
        require(OP, "mean", mean, DType.F32, n);
        require(OP, "rstd", rstd, DType.F32, n);
        if (n == 0) return;
        Grid grid = Grids.rows(gpu, n, Data.groups(c, type), 4, MOST_THREADS);
        gpu.launch(Data.kernel(OP, "forward", type), grid, x, w, b, eps, y, mean, rstd, n, c);
    }

    @Override
    public void backward(
            Tensor dy,
            Tensor x,
            Tensor w,
            Tensor mean,
            Tensor rstd,
            Tensor dx,
            @Nullable Tensor dw,
            @Nullable Tensor db) {
        DType type = Data.type(OP, "x", x);
        int c = x.shape().last();
        int n = x.shape().rows();
        require(OP, "dy", dy, type, x.size());
        require(OP, "w", w, DType.F32, c);
        require(OP, "mean", mean, DType.F32, n);
        require(OP, "rstd", rstd, DType.F32, n);
        require(OP, "dx", dx, type, x.size());
        ColumnSums.require(OP, "dw", dw, c);
        ColumnSums.require(OP, "db", db, c);
        if (n == 0) return;
        if (dw != null || db != null) { // before dx, which may be dy
            columns.add(Data.kernel(OP, "parameter_sums", type), x, new Object[] {dy, x, mean, rstd}, dw, db);
        }
        Grid grid = Grids.rows(gpu, n, Data.groups(c, type), 2, MOST_THREADS);
        gpu.launch(Data.kernel(OP, "backward", type), grid, dy, x, w, mean, rstd, dx, n, c);
    }
}
