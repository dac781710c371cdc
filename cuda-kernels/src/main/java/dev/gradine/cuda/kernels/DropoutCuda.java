package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.DropoutKernel;

/// Launches `dropout.cu`.
final class DropoutCuda implements DropoutKernel {

    private final Gpu gpu;

    DropoutCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    @Override
    public void apply(Tensor x, float p, long seed, Tensor y) {
        DType type = Data.type("dropout", "x", x);
        int n = x.size();
        require("dropout", "y", y, type, n);
        if (n == 0) return;
        int threshold = (int) (long) Math.ceil(p * 0x1p32); // unsigned: hash / 2³² ≥ p, without rounding
        Kernel kernel = new Kernel("dropout", "dropout" + Data.suffix(type));
        Grid grid = Grids.values(gpu, n, type);
        gpu.launch(kernel, grid, x, threshold, 1 - p, (int) seed, (int) (seed >>> 32), y, n);
    }
}
