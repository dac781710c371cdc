package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.SoftmaxKernel;

/// Launches `softmax.cu`.
final class SoftmaxCuda implements SoftmaxKernel {

    private static final String OP = "softmax";
    private static final int MOST_THREADS = 1024;

    private final Gpu gpu;

    SoftmaxCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    @Override
    public void forward(Tensor x, float scale, Tensor y) {
        DType type = Data.type(OP, "x", x);
        require(OP, "y", y, type, x.size());
        int n = x.shape().rows();
        if (n == 0) return;
        int c = x.shape().last();
        Grid grid = Grids.rows(gpu, n, Data.groups(c, type), 4, MOST_THREADS);
        gpu.launch(Data.kernel(OP, "forward", type), grid, x, scale, y, n, c);
    }

    @Override
    public void backward(Tensor dy, Tensor y, float scale, Tensor dx) {
        DType type = Data.type(OP, "y", y);
        require(OP, "dy", dy, type, y.size());
        require(OP, "dx", dx, type, y.size());
        int n = y.shape().rows();
        if (n == 0) return;
        int c = y.shape().last();
        Grid grid = Grids.rows(gpu, n, Data.groups(c, type), 2, MOST_THREADS);
        gpu.launch(Data.kernel(OP, "backward", type), grid, dy, y, scale, dx, n, c);
    }
}
