package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Operands;
import dev.gradine.tensor.kernel.RopeKernel;

/// Launches `rope.cu`. Backward is the rotation by the opposite angle.
final class RopeCuda implements RopeKernel {

    private static final String OP = "rope";
    private static final int MOST_THREADS = 256;

    private final Gpu gpu;

    RopeCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    @Override
    public void forward(Tensor x, Tensor positions, Tensor cos, Tensor sin, Tensor y) {
        rotate(x, positions, cos, sin, 1, y);
    }

    @Override
    public void backward(Tensor dy, Tensor positions, Tensor cos, Tensor sin, Tensor dx) {
        rotate(dy, positions, cos, sin, -1, dx);
    }

    private void rotate(Tensor x, Tensor positions, Tensor cos, Tensor sin, float sign, Tensor y) {
        int half = Operands.requireHeads(OP, x, cos);
        DType type = Data.type(OP, "x", x);
        int places = cos.shape().rows();
        int n = x.shape().rows();
        require(OP, "positions", positions, DType.I32, n);
        require(OP, "cos", cos, DType.F32, cos.size());
        require(OP, "sin", sin, DType.F32, cos.size());
        require(OP, "y", y, type, x.size());
        if (n == 0) return;
        int width = x.shape().last();
        int lanes = half % Data.lanes(type) == 0 ? Data.lanes(type) : 1;
        Grid grid = Grids.rows(gpu, n, width / 2 / lanes, 1, MOST_THREADS);
        Kernel kernel = new Kernel(OP, OP + Data.suffix(type));
        gpu.launch(kernel, grid, x, positions, cos, sin, sign, y, n, width, half, places);
    }
}
