package dev.gradine.io;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;

/// Some rows of a tensor of the file, of which others are another tensor here. Read, not written.
///
/// @param from the first row
/// @param to the row behind the last
record StoredSlice(int from, int to) implements StoredChange {

    @Override
    public Tensor undone(Tensor stored, Arena arena) {
        if (stored.shape().rank() > 1) return stored.rows(from, to);
        return stored.reshape(Shape.of(stored.size(), 1)).rows(from, to).reshape(Shape.of(to - from));
    }

    @Override
    public Tensor done(Tensor own, Arena arena) {
        throw new IllegalStateException("rows of a part are not written by themselves");
    }
}
