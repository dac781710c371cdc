package dev.gradine.tensor.cpu;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;

/// Host tensors of one test.
final class Tensors implements AutoCloseable {

    private final Arena arena = Arena.ofShared();

    /// A vector of the values.
    Tensor of(float... values) {
        return Tensor.of(arena, Shape.of(values.length), values);
    }

    /// A tensor of the values.
    Tensor of(Shape shape, float... values) {
        return Tensor.of(arena, shape, values);
    }

    /// An i32 vector of the values.
    Tensor ints(int... values) {
        return Tensor.of(arena, Shape.of(values.length), values);
    }

    /// All NaN: what a kernel leaves unwritten shows.
    Tensor unwritten(Shape shape) {
        Tensor t = Tensor.zeros(arena, DType.F32, shape);
        t.data().fill((byte) 0xff);
        return t;
    }

    float[] values(Tensor t) {
        return t.data().toArray(JAVA_FLOAT);
    }

    int[] intValues(Tensor t) {
        return t.data().toArray(JAVA_INT);
    }

    @Override
    public void close() {
        arena.close();
    }
}
