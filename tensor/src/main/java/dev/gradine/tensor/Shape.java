package dev.gradine.tensor;

import java.util.Arrays;

/// Extents of a tensor, outermost first, at most six. Immutable; `[]` is a scalar.
public final class Shape {

    /// The shape `[]` of a single number.
    public static final Shape SCALAR = new Shape(new int[0]);

    private static final int MOST_AXES = 6; // a video: batch, channels, time, height, width, and one to split

    private final int[] dims;

    private Shape(int[] dims) {
        this.dims = dims;
    }

    /// A shape of the given extents.
    ///
    /// @throws ShapeException if there are more than six extents, one is negative, or they hold 2³¹ values or more
    public static Shape of(int... dims) {
        if (dims.length > MOST_AXES)
            throw new ShapeException("shape: " + Arrays.toString(dims) + ", expected at most " + MOST_AXES + " axes");
        long size = 1;
        for (int d : dims) {
            if (d < 0) throw new ShapeException("shape: " + Arrays.toString(dims) + ", expected no negative extent");
            size *= d;
            if (size > Integer.MAX_VALUE) {
                throw new ShapeException("shape: " + Arrays.toString(dims) + ", expected fewer than 2^31 values");
            }
        }
        return new Shape(dims.clone());
    }

    /// Number of axes.
    public int rank() {
        return dims.length;
    }

    /// Extent of one axis.
    public int dim(int axis) {
        return dims[axis];
    }

    /// Extent of the innermost axis.
    public int last() {
        return dims[dims.length - 1];
    }

    /// Number of rows when all but the innermost axis are flattened.
    public int rows() {
        return last() == 0 ? 0 : size() / last();
    }

    /// The shape without its innermost axis.
    public Shape dropLast() {
        return new Shape(Arrays.copyOf(dims, dims.length - 1));
    }

    /// The shape with another innermost extent.
    public Shape withLast(int extent) {
        int[] d = dims.clone();
        d[d.length - 1] = extent;
        return of(d);
    }

    /// Number of values.
    public int size() {
        int n = 1;
        for (int d : dims) n *= d;
        return n;
    }

    /// A copy of the extents.
    public int[] toArray() {
        return dims.clone();
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Shape s && Arrays.equals(dims, s.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}
