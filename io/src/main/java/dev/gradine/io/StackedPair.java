package dev.gradine.io;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Rows of two tensors one above the other, or by turns. Gate and up of all experts, two tensors of a file `[E,I,C]`
/// or `[E,I]`, are one of Hugging Face's: `[E,2I,C]` or `[E,2I]`.
///
/// ```
/// above          [gate rows; up rows]
/// by turns       gate row 0, up row 0, gate row 1, …
/// ```
///
/// @param isAlternating which of the two
/// @param isOfVectors whether a row is one value: `[E,I]`
/// @param secondRows rows of the second, where they are not as many as of the first; 0 where they are
record StackedPair(boolean isAlternating, boolean isOfVectors, int secondRows) implements StoredPair {

    /// Of matrices with as many rows.
    StackedPair(boolean isAlternating) {
        this(isAlternating, false, 0);
    }

    @Override
    public Tensor joined(Tensor first, Tensor second, Arena arena) {
        boolean isEqual = secondRows > 0 || first.shape().equals(second.shape());
        if (!isEqual || first.shape().last() != second.shape().last() || first.dtype() != second.dtype()) {
            throw new IllegalArgumentException("gate is %s, up is %s, expected two alike".formatted(first, second));
        }
        int[] extents = first.shape().toArray();
        int axis = isOfVectors ? 1 : extents.length - 2;
        extents[axis] += second.shape().dim(axis);
        long bytes = first.data().byteSize() + second.data().byteSize();
        MemorySegment out = arena.allocate(bytes, Tensor.ALIGNMENT);
        int parts = parts(first.shape());
        move(first, out, parts, 0, second.shape().dim(axis), true);
        move(second, out, parts, 1, first.shape().dim(axis), true);
        return new Tensor(out, first.dtype(), Shape.of(extents));
    }

    private int parts(Shape one) {
        return isOfVectors || one.rank() == 3 ? one.dim(0) : 1;
    }

    @Override
    public Shape half(Shape both, int index) {
        int[] extents = both.toArray();
        int axis = isOfVectors ? 1 : extents.length - 2;
        int second = secondRows > 0 ? secondRows : extents[axis] / 2;
        extents[axis] = index == 1 ? second : extents[axis] - second;
        return Shape.of(extents);
    }

    @Override
    public Tensor half(Tensor both, int index, Arena arena) {
        Shape one = half(both.shape(), index);
        int axis = isOfVectors ? 1 : one.rank() - 2;
        MemorySegment out = arena.allocate(both.dtype().bytes(one.size()), Tensor.ALIGNMENT);
        Tensor half = new Tensor(out, both.dtype(), one);
        move(half, both.data(), parts(one), index, both.shape().dim(axis) - one.dim(axis), false);
        return half;
    }

    /// @param others rows of the other one in each part
    private void move(Tensor half, MemorySegment both, int parts, int index, int others, boolean isJoined) {
        int rows = half.shape().dim(isOfVectors ? 1 : half.shape().rank() - 2);
        long bytes = half.data().byteSize() / ((long) parts * rows);
        for (int e = 0; e < parts; e++) {
            for (int i = 0; i < rows; i++) {
                long own = ((long) e * rows + i) * bytes;
                long row = isAlternating ? 2L * i + index : (long) index * others + i;
                long other = ((long) e * (rows + others) + row) * bytes;
                if (isJoined) MemorySegment.copy(half.data(), own, both, other, bytes);
                else MemorySegment.copy(both, other, half.data(), own, bytes);
            }
        }
    }
}
