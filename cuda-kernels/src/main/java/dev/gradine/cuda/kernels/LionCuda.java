package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LionKernel;

/// Launches `lion.cu`.
final class LionCuda implements LionKernel {

    private final Gpu gpu;

    LionCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    @Override
    public void step(Tensor p, Tensor g, Tensor m, Update u) {
        int n = p.size();
        require("lion", "p", p, DType.F32, n);
        require("lion", "g", g, DType.F32, n);
        require("lion", "m", m, DType.F32, n);
        if (n == 0) return;
        float decay = (float) (1 - (double) u.lr() * u.weightDecay());
        Object[] arguments = {p, g, m, n, decay, u.lr(), u.beta1(), u.beta2(), u.gradScale()};
        gpu.launch(new Kernel("lion", "lion_f32"), Grids.values(gpu, n, DType.F32), arguments);
    }
}
