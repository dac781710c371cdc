package dev.gradine.tensor.kernel;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import java.util.List;

/// Device contract of moving values to other places, unchanged. All types but those of blocks; both tensors of one.
public interface LayoutKernel {

    /// Copies an array of `extents` from where `from` says in `x` to where `to` says in `y`; other values of `y` stay.
    /// The two share no memory, and no two values go to one place.
    void copy(Shape extents, Tensor x, Strides from, Tensor y, Strides to);

    /// Overwrites rows `ids i32[N]` of `y [M,C]` with the rows of `x [N,C]`. No two ids are equal.
    void putRows(Tensor ids, Tensor x, Tensor y);

    /// Overwrites `y` with `x`, its axes in another order: axis i of y is axis `order[i]` of x.
    default void permute(Tensor x, List<Integer> order, Tensor y) {
        copy(y.shape(), x, Strides.of(x.shape()).permuted(order), y, Strides.of(y.shape()));
    }

    /// Fails unless the values lie within both tensors, which are of one plain type.
    ///
    /// @throws ShapeException if some lie outside
    /// @throws DTypeException if the types differ, or are of blocks
    static void require(Shape extents, Tensor x, Strides from, Tensor y, Strides to) {
        requireType("layout", x, y);
        requireWithin("x", extents, x, from);
        requireWithin("y", extents, y, to);
    }

    private static void requireWithin(String name, Shape extents, Tensor t, Strides at) {
        if (at.steps().size() != extents.rank() || at.last(extents) >= t.size()) {
            throw new ShapeException("layout: %s is %s, expected room for %s at %d + %s"
                    .formatted(name, t, extents, at.offset(), at.steps()));
        }
    }

    /// Fails unless `x` and `y` are of one type whose values stand alone.
    ///
    /// @throws DTypeException otherwise
    static void requireType(String op, Tensor x, Tensor y) {
        DType type = x.dtype();
        if (type.blockSize() != 1 || type.hasScales()) {
            throw new DTypeException("%s: x is %s, expected a type without blocks".formatted(op, type));
        }
        DTypeException.require(op, "y", y, type);
    }
}
