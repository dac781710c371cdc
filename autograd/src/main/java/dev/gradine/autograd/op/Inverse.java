package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;
import static dev.gradine.tensor.ShapeException.requireRank;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;

/// Inverses of small square matrices.
///
/// ```
/// y_b = x_b⁻¹      dx_b = −y_bᵀ dy_b y_bᵀ      for every b
/// ```
///
/// Follows from d(x y) = 0: Petersen & Pedersen 2012 (The Matrix Cookbook), eq. 59. Both directions are computed on the
/// host, in double: the matrices that adapters invert are as small as a block or a rank.
public record Inverse() implements Op1<Inverse.Saved> {

    /// The inverses, of which alone the slope is a function.
    record Saved(Tensor y) {}

    /// `f32[B,N,N] → f32[B,N,N]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if the matrices are not square
    /// @throws IllegalArgumentException if a matrix has no inverse
    public static Var inverse(Var x) {
        return x.tape().apply(new Inverse(), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        requireRank("inverse", "x", x.shape(), 3);
        int n = x.shape().dim(2);
        require("inverse", "x", x.shape(), Shape.of(x.shape().dim(0), n, n), "square matrices");
        float[] all = k.download(x);
        for (int b = 0; b < x.shape().dim(0); b++) put(all, b, inverted(matrix(all, b, n), b));
        Tensor y = k.of(x.shape(), all);
        return new Forward<>(y, new Saved(y));
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        int n = dy.shape().dim(2);
        float[] ys = k.download(s.y());
        float[] all = k.download(dy);
        for (int b = 0; b < dy.shape().dim(0); b++) {
            double[][] turned = transposed(matrix(ys, b, n));
            put(all, b, product(-1, product(1, turned, matrix(all, b, n)), turned));
        }
        return k.of(dy.shape(), all);
    }

    private static double[][] matrix(float[] all, int b, int n) {
        double[][] m = new double[n][n];
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) m[i][j] = all[(b * n + i) * n + j];
        return m;
    }

    private static void put(float[] all, int b, double[][] m) {
        int n = m.length;
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) all[(b * n + i) * n + j] = (float) m[i][j];
    }

    private static double[][] transposed(double[][] m) {
        double[][] t = new double[m.length][m.length];
        for (int i = 0; i < m.length; i++) for (int j = 0; j < m.length; j++) t[j][i] = m[i][j];
        return t;
    }

    private static double[][] product(double s, double[][] a, double[][] b) {
        double[][] c = new double[a.length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int l = 0; l < a.length; l++) add(c[i], s * a[i][l], b[l]);
        }
        return c;
    }

    /// `row += s · other`
    private static void add(double[] row, double s, double[] other) {
        for (int j = 0; j < row.length; j++) row[j] += s * other[j];
    }

    /// By Gauss and Jordan's elimination; each column's largest value is its pivot.
    private static double[][] inverted(double[][] m, int b) {
        int n = m.length;
        double[][] y = new double[n][n];
        for (int i = 0; i < n; i++) y[i][i] = 1;
        for (int c = 0; c < n; c++) {
            int pivot = pivot(m, c);
            if (m[pivot][c] == 0) {
                throw new IllegalArgumentException(
                        "inverse: matrix %d of x is singular, expected one with an inverse".formatted(b));
            }
            swap(m, c, pivot);
            swap(y, c, pivot);
            eliminate(m, y, c);
        }
        return y;
    }

    private static int pivot(double[][] m, int c) {
        int best = c;
        for (int i = c + 1; i < m.length; i++) if (Math.abs(m[i][c]) > Math.abs(m[best][c])) best = i;
        return best;
    }

    private static void swap(double[][] m, int i, int j) {
        double[] row = m[i];
        m[i] = m[j];
        m[j] = row;
    }

    /// Makes column `c` of `m` that of the unit matrix, and does the same to the rows of `y`.
    private static void eliminate(double[][] m, double[][] y, int c) {
        double s = 1 / m[c][c];
        add(m[c], s - 1, m[c].clone());
        add(y[c], s - 1, y[c].clone());
        for (int i = 0; i < m.length; i++) {
            if (i == c) continue;
            double f = -m[i][c];
            add(m[i], f, m[c]);
            add(y[i], f, y[c]);
        }
    }
}
