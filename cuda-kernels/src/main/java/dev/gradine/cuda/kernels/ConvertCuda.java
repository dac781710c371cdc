package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Tensor;
import java.util.Locale;

/// Launches `convert.cu`: copies between real types.
final class ConvertCuda {

    private final Gpu gpu;
    private final Nf4Cuda nf4;

    ConvertCuda(Gpu gpu) {
        this.gpu = gpu;
        this.nf4 = new Nf4Cuda(gpu);
    }

    /// Overwrites `to`, of another type and the size of `from`, with the same values rounded to its type.
    ///
    /// @throws DTypeException unless `from` has a real type and `to` is F32, F16 or BF16
    void copy(Tensor from, Tensor to) {
        if (!from.dtype().isReal() || !to.dtype().isFloat()) {
            throw new DTypeException(
                    "copy: %s to %s, expected a real type to F32, F16 or BF16".formatted(from.dtype(), to.dtype()));
        }
        require("copy", "to", to, to.dtype(), from.size());
        if (to.size() == 0) return;
        if (from.dtype().hasScales()) {
            if (to.dtype() == DType.F16) copy(nf4.f32(from), to);
            else nf4.decode(from, to, to.dtype());
            return;
        }
        Kernel kernel = new Kernel("convert", "convert_" + name(from.dtype()) + "_" + name(to.dtype()));
        gpu.launch(kernel, Grids.values(gpu, to.size(), DType.BF16), from, to, to.size());
    }

    private static String name(DType type) {
        return type.name().toLowerCase(Locale.ROOT);
    }
}
