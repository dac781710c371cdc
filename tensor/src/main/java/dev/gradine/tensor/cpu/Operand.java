package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Operands;

/// Addresses of what a kernel is given, each after its type and size were found right: nothing checks bounds later.
final class Operand {

    private Operand() {}

    /// Where the `n` values of an f32 tensor begin.
    ///
    /// @throws ShapeException if there is another number of them or they are of another type
    static long read(String op, String name, Tensor t, int n) {
        Operands.require(op, name, t, DType.F32, n);
        return Native.address(t);
    }

    /// Where the `n` values of an f32 tensor begin that the kernel writes.
    ///
    /// @throws ShapeException if there is another number of them or they are of another type
    /// @throws IllegalArgumentException if the memory may only be read
    static long write(String op, String name, Tensor t, int n) {
        Operands.require(op, name, t, DType.F32, n);
        return Native.writable(t);
    }

    /// Where the `n` values of an i32 tensor begin.
    ///
    /// @throws ShapeException if there is another number of them or they are of another type
    static long ints(String op, String name, Tensor t, int n) {
        Operands.require(op, name, t, DType.I32, n);
        return Native.address(t);
    }

    /// Where the `n` values of an i32 tensor begin that the kernel writes.
    ///
    /// @throws ShapeException if there is another number of them or they are of another type
    static long writeInts(String op, String name, Tensor t, int n) {
        Operands.require(op, name, t, DType.I32, n);
        return Native.writable(t);
    }

    /// Value `i` of the i32 tensor at `ints`, which chooses one of `limit` places.
    ///
    /// @throws IllegalArgumentException if there is no such place
    static int index(String op, String name, long ints, int i, int limit) {
        int index = Vectors.getInt(ints, i);
        if (index < 0 || index >= limit) {
            throw new IllegalArgumentException(
                    "%s: value %d of %s is %d, expected 0 to %d".formatted(op, i, name, index, limit - 1));
        }
        return index;
    }
}
