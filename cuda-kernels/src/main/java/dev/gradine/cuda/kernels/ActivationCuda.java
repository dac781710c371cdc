package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ActivationKernel;

/// Launches `activation.cu`.
final class ActivationCuda implements ActivationKernel {

    private final Gpu gpu;

    ActivationCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    @Override
    public void swiGlu(Tensor gate, Tensor up, Tensor y) {
        DType type = Data.type("swiglu", "gate", gate);
        require("swiglu", "gate", gate, type, y.size());
        require("swiglu", "up", up, type, y.size());
        require("swiglu", "y", y, type, y.size());
        launch("swiglu", y, gate, up, y, y.size());
    }

    @Override
    public void swiGluBackward(Tensor dy, Tensor gate, Tensor up, Tensor dGate, Tensor dUp) {
        DType type = Data.type("swiglu", "dy", dy);
        require("swiglu", "gate", gate, type, dy.size());
        require("swiglu", "up", up, type, dy.size());
        require("swiglu", "dGate", dGate, type, dy.size());
        require("swiglu", "dUp", dUp, type, dy.size());
        launch("swiglu_backward", dy, dy, gate, up, dGate, dUp, dy.size());
    }

    private void launch(String entry, Tensor like, Object... arguments) {
        if (like.size() == 0) return;
        DType type = like.dtype();
        gpu.launch(Data.kernel("activation", entry, type), Grids.values(gpu, like.size(), type), arguments);
    }
}
