package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Supplier;

/// A tensor to be written, whose values may not exist yet: so a model larger than memory is written one tensor at a
/// time.
///
/// @param values called once, when its turn comes; gives host memory of the stated type and shape, which is written
///     before the next source is asked, so all sources may share one buffer
public record TensorSource(String name, DType dtype, Shape shape, Supplier<Tensor> values) {

    /// Tensors of one type and shape as one, one above the other: `[E,out,in]`, or `[H,D]` of vectors.
    ///
    /// @param parts at least one, in their order
    public static TensorSource stack(String name, List<TensorSource> parts) {
        TensorSource first = parts.getFirst();
        Shape one = first.shape;
        Shape all =
                one.rank() == 1 ? Shape.of(parts.size(), one.dim(0)) : Shape.of(parts.size(), one.dim(0), one.dim(1));
        return new TensorSource(name, first.dtype, all, () -> {
            MemorySegment stack = Arena.ofAuto().allocate(first.dtype.bytes(all.size()), Tensor.ALIGNMENT);
            long at = 0;
            for (TensorSource part : parts) {
                MemorySegment data = part.values.get().data();
                MemorySegment.copy(data, 0, stack, at, data.byteSize());
                at += data.byteSize();
            }
            return new Tensor(stack, first.dtype, all);
        });
    }

    /// Values that are there already, in host memory.
    public static TensorSource of(String name, Tensor t) {
        return new TensorSource(name, t.dtype(), t.shape(), () -> t);
    }
}
