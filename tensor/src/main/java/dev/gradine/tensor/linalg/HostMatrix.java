package dev.gradine.tensor.linalg;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// A matrix in double on the host, column by column.
final class HostMatrix {

    private final int rows;
    private final double[][] columns;

    HostMatrix(int rows, double[][] columns) {
        this.rows = rows;
        this.columns = columns;
    }

    static HostMatrix zeros(int rows, int columns) {
        return new HostMatrix(rows, new double[columns][rows]);
    }

    static HostMatrix unit(int n) {
        HostMatrix one = zeros(n, n);
        for (int i = 0; i < n; i++) one.columns[i][i] = 1;
        return one;
    }

    /// The values of a matrix.
    ///
    /// @param name of the argument, for messages
    static HostMatrix of(String op, String name, Tensor t, Kernels k) {
        ShapeException.requireRank(op, name, t.shape(), 2);
        HostMatrix c = zeros(t.shape().dim(0), t.shape().dim(1));
        float[] values = k.download(t);
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new IllegalArgumentException(
                        "%s: %s has a value that is not finite, expected finite ones".formatted(op, name));
            }
            c.columns[i % c.columns.length][i / c.columns.length] = values[i];
        }
        return c;
    }

    int rows() {
        return rows;
    }

    int count() {
        return columns.length;
    }

    double[] get(int j) {
        return columns[j];
    }

    /// The columns from number `first` on.
    HostMatrix from(int first) {
        return new HostMatrix(rows, java.util.Arrays.copyOfRange(columns, first, columns.length));
    }

    HostMatrix copy() {
        HostMatrix c = zeros(rows, columns.length);
        for (int j = 0; j < columns.length; j++) System.arraycopy(columns[j], 0, c.columns[j], 0, rows);
        return c;
    }

    HostMatrix transposed() {
        HostMatrix t = zeros(columns.length, rows);
        for (int j = 0; j < columns.length; j++) for (int i = 0; i < rows; i++) t.columns[i][j] = columns[j][i];
        return t;
    }

    /// This matrix times another.
    HostMatrix times(HostMatrix other) {
        HostMatrix y = zeros(rows, other.count());
        for (int j = 0; j < other.count(); j++) {
            for (int i = 0; i < columns.length; i++) add(other.columns[j][i], columns[i], y.columns[j]);
        }
        return y;
    }

    /// In the memory of `k`, rounded to f32.
    Tensor tensor(Kernels k) {
        float[] values = new float[rows * columns.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) columns[i % columns.length][i / columns.length];
        }
        return k.of(Shape.of(rows, columns.length), values);
    }

    /// `y ← y + a · x`
    static void add(double a, double[] x, double[] y) {
        for (int i = 0; i < y.length; i++) y[i] += a * x[i];
    }

    /// Four sums side by side, since one would wait for each addition.
    static double dot(double[] x, double[] y) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i + 3 < x.length; i += 4) {
            a += x[i] * y[i];
            b += x[i + 1] * y[i + 1];
            c += x[i + 2] * y[i + 2];
            d += x[i + 3] * y[i + 3];
        }
        for (; i < x.length; i++) a += x[i] * y[i];
        return (a + b) + (c + d);
    }
}
