package dev.gradine.io;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.Transposed;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/// What was done to the values of a tensor on their way into a file.
interface StoredChange {

    /// Nothing.
    StoredChange NONE = new StoredChange() {
        @Override
        public Tensor undone(Tensor stored, Arena arena) {
            return stored;
        }

        @Override
        public Tensor done(Tensor own, Arena arena) {
            return own;
        }
    };

    /// 1 was added, so that a norm of weights around 0 is one of weights around 1.
    StoredChange PLUS_ONE = new StoredChange() {
        @Override
        public Tensor undone(Tensor stored, Arena arena) {
            return each(stored, w -> w - 1, arena);
        }

        @Override
        public Tensor done(Tensor own, Arena arena) {
            return each(own, w -> w + 1, arena);
        }
    };

    /// A is in the file as −exp(A), at which a state decays.
    StoredChange NEGATIVE_EXP = new StoredChange() {
        @Override
        public Tensor undone(Tensor stored, Arena arena) {
            return each(stored, StoredChange::logOfNegative, arena);
        }

        @Override
        public Tensor done(Tensor own, Arena arena) {
            return each(own, a -> -Math.exp(a), arena);
        }
    };

    /// What Hugging Face has as `[in,out]` is `[out,in]` in the file, and in a model. Blocks lie along what an output
    /// reads: those of a quantised matrix stay as they are, whoever reads them.
    StoredChange TURNED = new StoredChange() {
        @Override
        public Tensor undone(Tensor stored, Arena arena) {
            if (stored.dtype().blockSize() > 1 || stored.shape().rank() < 2) return stored;
            return stored.shape().rank() == 2 ? Transposed.of(stored) : eachTurned(stored, arena);
        }

        @Override
        public Tensor done(Tensor own, Arena arena) {
            return own;
        }
    };

    /// As Hugging Face has it, out of what the file has.
    Tensor undone(Tensor stored, Arena arena);

    /// As the file has it, out of what a model has.
    Tensor done(Tensor own, Arena arena);

    /// Extents in the file.
    default Shape shape(Shape own) {
        return own;
    }

    /// One after the other, on the way into a file.
    static StoredChange all(List<StoredChange> steps) {
        List<StoredChange> some = steps.stream().filter(s -> !s.equals(NONE)).toList();
        if (some.size() < 2) return some.isEmpty() ? NONE : some.getFirst();
        return new StoredChange() {
            @Override
            public Tensor undone(Tensor stored, Arena arena) {
                Tensor t = stored;
                for (StoredChange s : some.reversed()) t = s.undone(t, arena);
                return t;
            }

            @Override
            public Tensor done(Tensor own, Arena arena) {
                Tensor t = own;
                for (StoredChange s : some) t = s.done(t, arena);
                return t;
            }

            @Override
            public Shape shape(Shape own) {
                Shape shape = own;
                for (StoredChange s : some) shape = s.shape(shape);
                return shape;
            }
        };
    }

    /// Each matrix of a stack `[E,out,in]`.
    private static Tensor eachTurned(Tensor stack, Arena arena) {
        Shape s = stack.shape();
        Tensor rows = stack.reshape(Shape.of(s.dim(0) * s.dim(1), s.dim(2)));
        MemorySegment out = arena.allocate(stack.data().byteSize(), Tensor.ALIGNMENT);
        long bytes = stack.data().byteSize() / s.dim(0);
        for (int e = 0; e < s.dim(0); e++) {
            Tensor one = Transposed.of(rows.rows(e * s.dim(1), (e + 1) * s.dim(1)));
            MemorySegment.copy(one.data(), 0, out, e * bytes, bytes);
        }
        return new Tensor(out, stack.dtype(), Shape.of(s.dim(0), s.dim(2), s.dim(1)));
    }

    private static double logOfNegative(double a) {
        if (a < 0) return Math.log(-a);
        throw new IllegalArgumentException("a value is %s, expected numbers < 0, at which states decay".formatted(a));
    }

    /// In double, rounded once.
    private static Tensor each(Tensor t, DoubleUnaryOperator change, Arena arena) {
        if (t.dtype() != DType.F32) {
            throw new DTypeException("values are %s, expected F32".formatted(t.dtype()));
        }
        float[] values = t.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
        for (int i = 0; i < values.length; i++) values[i] = (float) change.applyAsDouble(values[i]);
        return Tensor.of(arena, t.shape(), values);
    }
}
