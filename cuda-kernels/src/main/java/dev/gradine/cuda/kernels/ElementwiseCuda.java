package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ElementwiseKernel;

/// Launches `elementwise.cu`.
final class ElementwiseCuda implements ElementwiseKernel {

    private final Gpu gpu;

    ElementwiseCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    @Override
    public void fill(Tensor y, float value) {
        launch("fill", y, y, value, y.size());
    }

    @Override
    public void add(Tensor a, Tensor b, Tensor y) {
        DType type = Data.type("add", "y", y);
        require("add", "a", a, type, y.size());
        require("add", "b", b, type, y.size());
        launch("add", y, a, b, y, y.size());
    }

    @Override
    public void scale(Tensor x, float s, Tensor y) {
        require("scale", "x", x, Data.type("scale", "y", y), y.size());
        launch("scale", y, x, s, y, y.size());
    }

    @Override
    public void axpy(float s, Tensor x, Tensor y) {
        require("axpy", "x", x, Data.type("axpy", "y", y), y.size());
        launch("axpy", y, s, x, y, y.size());
    }

    @Override
    public void addBias(Tensor x, Tensor bias, Tensor y) {
        int c = y.shape().last();
        require("add_bias", "x", x, Data.type("add_bias", "y", y), y.size());
        require("add_bias", "bias", bias, DType.F32, c);
        launch("add_bias", y, x, bias, y, y.size(), c);
    }

    @Override
    public void scaleRows(Tensor x, Tensor s, Tensor y) {
        require("scale_rows", "x", x, Data.type("scale_rows", "y", y), y.size());
        require("scale_rows", "s", s, DType.F32, y.shape().rows());
        launch("scale_rows", y, x, s, y, y.size(), y.shape().last());
    }

    private void launch(String op, Tensor y, Object... arguments) {
        DType type = Data.type(op, "y", y);
        if (y.size() == 0) return;
        gpu.launch(Data.kernel("elementwise", op, type), Grids.values(gpu, y.size(), type), arguments);
    }
}
