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

    @Override
    public void gelu(Tensor x, boolean tanh, Tensor y) {
        require("gelu", "x", x, Data.type("gelu", "y", y), y.size());
        launch(tanh ? "gelu_tanh" : "gelu", y, x, y, y.size());
    }

    @Override
    public void geluBackward(Tensor dy, Tensor x, boolean tanh, Tensor dx) {
        requireBackward("gelu", dy, x, dx);
        launch(tanh ? "gelu_tanh_backward" : "gelu_backward", x, dy, x, dx, x.size());
    }

    @Override
    public void logSigmoid(Tensor x, Tensor y) {
        require("log_sigmoid", "y", y, Data.type("log_sigmoid", "x", x), x.size());
        launch("log_sigmoid", x, x, y, x.size());
    }

    @Override
    public void logSigmoidBackward(Tensor dy, Tensor x, Tensor dx) {
        requireBackward("log_sigmoid", dy, x, dx);
        launch("log_sigmoid_backward", x, dy, x, dx, x.size());
    }

    private static void requireBackward(String op, Tensor dy, Tensor x, Tensor dx) {
        DType type = Data.type(op, "x", x);
        require(op, "dy", dy, type, x.size());
        require(op, "dx", dx, type, x.size());
    }

    private void launch(String entry, Tensor like, Object... arguments) {
        if (like.size() == 0) return;
        DType type = like.dtype();
        gpu.launch(Data.kernel("activation", entry, type), Grids.values(gpu, like.size(), type), arguments);
    }
}
