package dev.gradine.io;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Gate and up of all experts, two tensors of a file `[E,I,C]` or `[E,I]`, that are one of Hugging Face's:
/// `[E,2I,C]` or `[E,2I]`.
///
/// ```
/// halves         [gate rows; up rows]
/// alternating    gate row 0, up row 0, gate row 1, …
/// ```
///
/// @param isAlternating which of the two
record StoredPair(boolean isAlternating) {

    /// Both as one, a copy in `arena`.
    ///
    /// @throws IllegalArgumentException if they are of other shapes or types
    Tensor joined(Tensor gate, Tensor up, Arena arena) {
        if (!gate.shape().equals(up.shape()) || gate.dtype() != up.dtype()) {
            throw new IllegalArgumentException("gate is %s, up is %s, expected two alike".formatted(gate, up));
        }
        int[] extents = gate.shape().toArray();
        extents[1] *= 2;
        MemorySegment out = arena.allocate(2 * gate.data().byteSize(), Tensor.ALIGNMENT);
        move(gate, out, 0, true);
        move(up, out, 1, true);
        return new Tensor(out, gate.dtype(), Shape.of(extents));
    }

    /// One of the two out of both, a copy in `arena`.
    ///
    /// @param both `[2I,C]` of one expert, or `[E,2I]`
    /// @param index 0 for gate, 1 for up
    Tensor half(Tensor both, int index, boolean isOfVectors, Arena arena) {
        Shape s = both.shape();
        Shape one = isOfVectors ? Shape.of(s.dim(0), s.dim(1) / 2) : Shape.of(s.dim(0) / 2, s.dim(1));
        MemorySegment out = arena.allocate(both.data().byteSize() / 2, Tensor.ALIGNMENT);
        Tensor half = new Tensor(out, both.dtype(), one);
        Tensor stack = isOfVectors ? half : half.reshape(Shape.of(1, one.dim(0), one.dim(1)));
        move(stack, both.data(), index, false);
        return half;
    }

    private void move(Tensor half, MemorySegment both, int index, boolean isJoined) {
        int count = half.shape().dim(0);
        int rows = half.shape().dim(1);
        long bytes = half.data().byteSize() / ((long) count * rows);
        for (int e = 0; e < count; e++) {
            for (int i = 0; i < rows; i++) {
                long own = ((long) e * rows + i) * bytes;
                long other = ((long) e * 2 * rows + (isAlternating ? 2 * i + index : index * rows + i)) * bytes;
                if (isJoined) MemorySegment.copy(half.data(), own, both, other, bytes);
                else MemorySegment.copy(both, other, half.data(), own, bytes);
            }
        }
    }
}
