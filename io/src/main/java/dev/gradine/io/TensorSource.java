package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.function.Supplier;

/// A tensor to be written, whose values may not exist yet: so a model larger than memory is written one tensor at a
/// time.
///
/// @param values called once, when its turn comes; gives host memory of the stated type and shape, which is written
///     before the next source is asked, so all sources may share one buffer
public record TensorSource(String name, DType dtype, Shape shape, Supplier<Tensor> values) {

    /// Values that are there already, in host memory.
    public static TensorSource of(String name, Tensor t) {
        return new TensorSource(name, t.dtype(), t.shape(), () -> t);
    }
}
