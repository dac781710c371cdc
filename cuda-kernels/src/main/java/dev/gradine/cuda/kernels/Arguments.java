package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// The arguments of one launch, of kernels that are told the types of some of their tensors.
final class Arguments {

    private final List<Object> values = new ArrayList<>();

    /// Adds a tensor, and its type behind it if the kernel wants to know.
    Arguments tensor(Tensor t, boolean typed) {
        return tensor(t, t.dtype(), typed);
    }

    /// Adds a tensor or an address of values of `type`.
    Arguments tensor(Object t, DType type, boolean typed) {
        values.add(t);
        if (typed) values.add(RealType.code(type));
        return this;
    }

    /// Adds numbers as they are.
    Arguments values(Object... more) {
        values.addAll(List.of(more));
        return this;
    }

    /// Starts the kernel with them.
    void launch(Gpu gpu, Kernel kernel, Grid grid) {
        gpu.launch(kernel, grid, values.toArray());
    }
}
