package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.UpsampleKernel;
import java.util.Locale;

/// Launches `upsample.cu`.
final class UpsampleCuda implements UpsampleKernel {

    private static final String OP = "upsample";

    private final Gpu gpu;

    UpsampleCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    @Override
    public void forward(Tensor x, Enlargement by, Tensor y) {
        DType type = Data.type(OP, "x", x);
        require(OP, "y", y, type, by.of(x.shape()).size());
        launch(by, "", x, y, x);
    }

    @Override
    public void backward(Tensor dy, Enlargement by, Tensor dx) {
        DType type = Data.type(OP, "dx", dx);
        require(OP, "dy", dy, type, by.of(dx.shape()).size());
        launch(by, "_backward", dy, dx, dx);
    }

    /// @param small the image that is enlarged, or its gradient
    private void launch(Enlargement by, String pass, Tensor from, Tensor to, Tensor small) {
        if (to.size() == 0) return;
        Kernel kernel = Data.kernel(OP, by.mode().name().toLowerCase(Locale.ROOT) + pass, small.dtype());
        int planes = small.shape().dim(0) * small.shape().dim(1);
        Grid grid = Grids.values(gpu, to.size(), DType.F32);
        gpu.launch(
                kernel,
                grid,
                from,
                to,
                planes,
                small.shape().dim(2),
                small.shape().dim(3),
                by.factor());
    }
}
