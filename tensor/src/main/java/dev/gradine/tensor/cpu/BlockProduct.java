package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;

import jdk.incubator.vector.FloatVector;

/// Product of two blocks that lie in cache, for attention.
///
/// ```
/// c[m][n] (+)= Σ_k a[m · rowStride + k · stepStride] · b[k][n]
/// ```
///
/// `b` and `c` are row-major with rows of `n` values, a multiple of the vector length; `a` may be read along rows or
/// along columns. Rows are computed four at a time, so `a` and `c` have room for a multiple of four; what the rows
/// beyond m hold is of no meaning.
final class BlockProduct {

    private static final boolean WIDE_TILES = LANES == 16; // 4 × 4 sums need 21 registers: there are 32 then, else 16

    private float[] a = {};
    private int rowStride;
    private int stepStride;
    private float[] b = {};
    private int bAt;
    private float[] c = {};
    private int cAt;
    private int n;

    /// The left factor.
    BlockProduct left(float[] values, int rowStride, int stepStride) {
        this.a = values;
        this.rowStride = rowStride;
        this.stepStride = stepStride;
        return this;
    }

    /// The right factor, from `at` on, in rows of `n`.
    BlockProduct right(float[] values, int at, int n) {
        this.b = values;
        this.bAt = at;
        this.n = n;
        return this;
    }

    /// Writes or adds the product of `m` rows over `k` terms to `values`, from `at` on; the left factor starts at
    /// `aAt`.
    void into(float[] values, int at, int aAt, int m, int k, boolean add) {
        this.c = values;
        this.cAt = at;
        for (int row = 0; row < m; row += 4) {
            int left = aAt + row * rowStride;
            int column = 0;
            if (WIDE_TILES) for (; column <= n - 4 * LANES; column += 4 * LANES) tile4(left, row, column, k, add);
            for (; column <= n - 2 * LANES; column += 2 * LANES) tile2(left, row, column, k, add);
            for (; column < n; column += LANES) tile1(left, row, column, k, add);
        }
    }

    private void tile4(int aAt, int row, int column, int k, boolean add) {
        float[] left = a;
        float[] right = b;
        int step = stepStride;
        int width = n;
        int i0 = aAt;
        int i1 = i0 + rowStride;
        int i2 = i1 + rowStride;
        int i3 = i2 + rowStride;
        int j = bAt + column;
        FloatVector c00 = FloatVector.zero(F);
        FloatVector c01 = c00;
        FloatVector c02 = c00;
        FloatVector c03 = c00;
        FloatVector c10 = c00;
        FloatVector c11 = c00;
        FloatVector c12 = c00;
        FloatVector c13 = c00;
        FloatVector c20 = c00;
        FloatVector c21 = c00;
        FloatVector c22 = c00;
        FloatVector c23 = c00;
        FloatVector c30 = c00;
        FloatVector c31 = c00;
        FloatVector c32 = c00;
        FloatVector c33 = c00;
        for (int t = 0, at = 0; t < k; t++, at += step, j += width) {
            FloatVector b0 = FloatVector.fromArray(F, right, j);
            FloatVector b1 = FloatVector.fromArray(F, right, j + LANES);
            FloatVector b2 = FloatVector.fromArray(F, right, j + 2 * LANES);
            FloatVector b3 = FloatVector.fromArray(F, right, j + 3 * LANES);
            FloatVector x = FloatVector.broadcast(F, left[i0 + at]);
            c00 = x.fma(b0, c00);
            c01 = x.fma(b1, c01);
            c02 = x.fma(b2, c02);
            c03 = x.fma(b3, c03);
            x = FloatVector.broadcast(F, left[i1 + at]);
            c10 = x.fma(b0, c10);
            c11 = x.fma(b1, c11);
            c12 = x.fma(b2, c12);
            c13 = x.fma(b3, c13);
            x = FloatVector.broadcast(F, left[i2 + at]);
            c20 = x.fma(b0, c20);
            c21 = x.fma(b1, c21);
            c22 = x.fma(b2, c22);
            c23 = x.fma(b3, c23);
            x = FloatVector.broadcast(F, left[i3 + at]);
            c30 = x.fma(b0, c30);
            c31 = x.fma(b1, c31);
            c32 = x.fma(b2, c32);
            c33 = x.fma(b3, c33);
        }
        int to = cAt + row * width + column;
        put(c00, to, add);
        put(c01, to + LANES, add);
        put(c02, to + 2 * LANES, add);
        put(c03, to + 3 * LANES, add);
        put(c10, to + width, add);
        put(c11, to + width + LANES, add);
        put(c12, to + width + 2 * LANES, add);
        put(c13, to + width + 3 * LANES, add);
        put(c20, to + 2 * width, add);
        put(c21, to + 2 * width + LANES, add);
        put(c22, to + 2 * width + 2 * LANES, add);
        put(c23, to + 2 * width + 3 * LANES, add);
        put(c30, to + 3 * width, add);
        put(c31, to + 3 * width + LANES, add);
        put(c32, to + 3 * width + 2 * LANES, add);
        put(c33, to + 3 * width + 3 * LANES, add);
    }

    private void tile2(int aAt, int row, int column, int k, boolean add) {
        float[] left = a;
        float[] right = b;
        int step = stepStride;
        int width = n;
        int i0 = aAt;
        int i1 = i0 + rowStride;
        int i2 = i1 + rowStride;
        int i3 = i2 + rowStride;
        int j = bAt + column;
        FloatVector c00 = FloatVector.zero(F);
        FloatVector c01 = c00;
        FloatVector c10 = c00;
        FloatVector c11 = c00;
        FloatVector c20 = c00;
        FloatVector c21 = c00;
        FloatVector c30 = c00;
        FloatVector c31 = c00;
        for (int t = 0, at = 0; t < k; t++, at += step, j += width) {
            FloatVector b0 = FloatVector.fromArray(F, right, j);
            FloatVector b1 = FloatVector.fromArray(F, right, j + LANES);
            FloatVector x = FloatVector.broadcast(F, left[i0 + at]);
            c00 = x.fma(b0, c00);
            c01 = x.fma(b1, c01);
            x = FloatVector.broadcast(F, left[i1 + at]);
            c10 = x.fma(b0, c10);
            c11 = x.fma(b1, c11);
            x = FloatVector.broadcast(F, left[i2 + at]);
            c20 = x.fma(b0, c20);
            c21 = x.fma(b1, c21);
            x = FloatVector.broadcast(F, left[i3 + at]);
            c30 = x.fma(b0, c30);
            c31 = x.fma(b1, c31);
        }
        int to = cAt + row * width + column;
        put(c00, to, add);
        put(c01, to + LANES, add);
        put(c10, to + width, add);
        put(c11, to + width + LANES, add);
        put(c20, to + 2 * width, add);
        put(c21, to + 2 * width + LANES, add);
        put(c30, to + 3 * width, add);
        put(c31, to + 3 * width + LANES, add);
    }

    private void tile1(int aAt, int row, int column, int k, boolean add) {
        float[] left = a;
        int step = stepStride;
        int width = n;
        int j = bAt + column;
        FloatVector c0 = FloatVector.zero(F);
        FloatVector c1 = c0;
        FloatVector c2 = c0;
        FloatVector c3 = c0;
        for (int t = 0, at = aAt; t < k; t++, at += step, j += width) {
            FloatVector right = FloatVector.fromArray(F, b, j);
            c0 = right.fma(FloatVector.broadcast(F, left[at]), c0);
            c1 = right.fma(FloatVector.broadcast(F, left[at + rowStride]), c1);
            c2 = right.fma(FloatVector.broadcast(F, left[at + 2 * rowStride]), c2);
            c3 = right.fma(FloatVector.broadcast(F, left[at + 3 * rowStride]), c3);
        }
        int to = cAt + row * width + column;
        put(c0, to, add);
        put(c1, to + width, add);
        put(c2, to + 2 * width, add);
        put(c3, to + 3 * width, add);
    }

    private void put(FloatVector v, int at, boolean add) {
        (add ? v.add(FloatVector.fromArray(F, c, at)) : v).intoArray(c, at);
    }
}
