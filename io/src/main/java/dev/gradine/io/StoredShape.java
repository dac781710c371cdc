package dev.gradine.io;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.function.UnaryOperator;

/// Other extents of the same values than Hugging Face's.
///
/// @param read of a model, by those of the file
/// @param written of the file, by those of a model
record StoredShape(UnaryOperator<Shape> read, UnaryOperator<Shape> written) implements StoredChange {

    /// A kernel over time of each channel: `[C,1,K]` is `[C,K]` in the file; a bias `[C]` stays.
    static final StoredShape KERNEL = new StoredShape(
            s -> s.rank() == 2 ? Shape.of(s.dim(0), 1, s.dim(1)) : s,
            s -> s.rank() == 3 ? Shape.of(s.dim(0), s.dim(2)) : s);

    /// A vector is a matrix of so many rows in the file; of as many as values where it is 0.
    static StoredShape rows(int rows) {
        return new StoredShape(
                s -> Shape.of(s.size()), s -> rows == 0 ? Shape.of(s.size(), 1) : Shape.of(rows, s.size() / rows));
    }

    @Override
    public Tensor undone(Tensor stored, Arena arena) {
        return stored.reshape(read.apply(stored.shape()));
    }

    @Override
    public Tensor done(Tensor own, Arena arena) {
        return own.reshape(written.apply(own.shape()));
    }

    @Override
    public Shape shape(Shape own) {
        return written.apply(own);
    }
}
