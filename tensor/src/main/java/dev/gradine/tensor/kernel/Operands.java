package dev.gradine.tensor.kernel;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// What every device asks of the tensors that a kernel is given, with one message for all of them.
public final class Operands {

    private Operands() {}

    /// Fails unless `t` holds `n` values of type `dtype`.
    ///
    /// @throws ShapeException if there is another number of them or they are of another type
    public static void require(String op, String name, Tensor t, DType dtype, int n) {
        if (t.dtype() != dtype || t.size() != n) {
            throw new ShapeException("%s: %s is %s, expected %d values of %s".formatted(op, name, t, n, dtype));
        }
    }

    /// Fails unless the rows of `t` have `c` values.
    ///
    /// @throws ShapeException if they have another number
    public static void requireRows(String op, String name, Tensor t, int c) {
        if (t.shape().last() != c) {
            throw new ShapeException("%s: %s is %s, expected rows of %d values".formatted(op, name, t, c));
        }
    }
}
