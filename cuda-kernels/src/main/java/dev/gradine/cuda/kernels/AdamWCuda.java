package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel;
import java.util.ArrayList;
import java.util.List;

/// Launches `adamw.cu`.
final class AdamWCuda implements AdamWKernel {

    private final Gpu gpu;

    AdamWCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    /// Parameters and gradient may be BF16 too, the moments are F32. BF16 parameters are rounded to nearest, so that
    /// updates below half a unit of their last place are lost.
    @Override
    public void step(Tensor p, Tensor g, Tensor m, Tensor v, Update update) {
        DType type = Data.type("adamw", "p", p);
        requireMoments(p, g, m, v);
        launch("adamw" + Data.suffix(type), List.of(p, g, m, v), update);
    }

    private static void requireMoments(Tensor p, Tensor g, Tensor m, Tensor v) {
        require("adamw", "g", g, p.dtype(), p.size());
        require("adamw", "m", m, DType.F32, p.size());
        require("adamw", "v", v, DType.F32, p.size());
    }

    private void launch(String entry, List<Tensor> tensors, Update u) {
        Tensor p = tensors.getFirst();
        if (p.size() == 0) return;
        List<Object> arguments = new ArrayList<>(tensors);
        arguments.add(p.size());
        arguments.add((float) (1 - (double) u.lr() * u.weightDecay()));
        arguments.add((float) (u.lr() / (1 - Math.pow(u.beta1(), u.t()))));
        arguments.add((float) (1 / Math.sqrt(1 - Math.pow(u.beta2(), u.t()))));
        arguments.addAll(List.of(u.beta1(), u.beta2(), u.eps(), u.gradScale()));
        gpu.launch(new Kernel("adamw", entry), Grids.values(gpu, p.size(), p.dtype()), arguments.toArray());
    }
}
