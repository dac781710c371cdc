package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Workspace;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/// A matrix in a `Workspace`: it lives until the next one is asked for.
final class WorkMatrix {

    private final Workspace memory;

    WorkMatrix(Gpu gpu) {
        this.memory = new Workspace(gpu);
    }

    /// A matrix of undefined content.
    @SuppressWarnings("restricted") // only the device follows the address
    Tensor of(DType type, int rows, int columns) {
        Shape shape = Shape.of(rows, columns);
        long bytes = type.bytes(shape.size());
        return new Tensor(MemorySegment.ofAddress(memory.room(bytes)).reinterpret(bytes), type, shape);
    }
}
