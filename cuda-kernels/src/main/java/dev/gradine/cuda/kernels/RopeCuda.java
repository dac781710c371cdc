package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.RopeAngles;
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
    public void forward(Tensor x, Tensor positions, RopeAngles angles, Tensor y) {
        rotate(x, positions, angles, 1, y);
    }

    @Override
    public void backward(Tensor dy, Tensor positions, RopeAngles angles, Tensor dx) {
        rotate(dy, positions, angles, -1, dx);
    }

    private void rotate(Tensor x, Tensor positions, RopeAngles angles, float sign, Tensor y) {
        angles.requireHeads(x.shape());
        DType type = Data.type(OP, "x", x);
        Tensor cos = angles.cos();
        Tensor sin = angles.sin();
        int n = x.shape().rows();
        require(OP, "positions", positions, DType.I32, n);
        require(OP, "cos", cos, DType.F32, cos.size());
        require(OP, "sin", sin, DType.F32, cos.size());
        require(OP, "y", y, type, x.size());
        if (n == 0) return;
        int width = x.shape().last();
        int pairs = angles.pairs();
        int size = angles.headDim();
        int most = Data.lanes(type);
        boolean isWhole = !angles.isInterleaved() && size == 2 * pairs && pairs % most == 0;
        Grid grid = Grids.rows(gpu, n, width / 2 / (isWhole ? most : 1), 1, MOST_THREADS);
        Kernel kernel = new Kernel(OP, OP + Data.suffix(type));
        int places = angles.places();
        int step = angles.step();
        gpu.launch(kernel, grid, x, positions, cos, sin, sign, y, n, width, size, pairs, step, places);
    }
}
