package dev.gradine.tensor;

/// Two shapes that cannot meet in one operation. The message names the op, the argument, what it is, what it had to be,
/// and where that expectation came from.
public final class ShapeException extends IllegalArgumentException {

    /// @param message the whole sentence
    public ShapeException(String message) {
        super(message);
    }

    /// Fails unless `got` equals `expected`.
    public static void require(String op, String arg, Shape got, Shape expected, String because) {
        if (!got.equals(expected)) {
            throw new ShapeException("%s: %s is %s, expected %s (%s)".formatted(op, arg, got, expected, because));
        }
    }

    /// Fails unless `got` has `rank` axes.
    public static void requireRank(String op, String arg, Shape got, int rank) {
        if (got.rank() != rank) {
            throw new ShapeException("%s: %s is %s, expected %d axes".formatted(op, arg, got, rank));
        }
    }
}
