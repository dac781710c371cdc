package dev.gradine.tensor;

/// A tensor of an element type that an operation cannot take.
public final class DTypeException extends IllegalArgumentException {

    /// @param message names the op, the argument, its type and what was expected
    public DTypeException(String message) {
        super(message);
    }

    /// Fails unless `t` has type `expected`.
    public static void require(String op, String arg, Tensor t, DType expected) {
        if (t.dtype() != expected) {
            throw new DTypeException("%s: %s is %s, expected %s".formatted(op, arg, t.dtype(), expected));
        }
    }
}
