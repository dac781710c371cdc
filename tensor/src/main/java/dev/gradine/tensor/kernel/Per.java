package dev.gradine.tensor.kernel;

/// What one value of the second operand of a `Fn2` stands beside, in a first operand of n values.
public enum Per {

    /// One value each: b has n values.
    VALUE,

    /// A column: b has m values, and value i of the first operand meets `b[i mod m]`.
    COLUMN,

    /// A row of m values: b has n / m values, and value i of the first operand meets `b[i / m]`.
    ROW;

    /// The m above, which is 1 for `VALUE`.
    public int width(int n, int bSize) {
        return switch (this) {
            case VALUE -> 1;
            case COLUMN -> bSize;
            case ROW -> bSize == 0 ? 0 : n / bSize;
        };
    }

    /// Which value of b value `i` of the first operand meets.
    public int index(int i, int width) {
        return switch (this) {
            case VALUE -> i;
            case COLUMN -> i % width;
            case ROW -> i / width;
        };
    }
}
