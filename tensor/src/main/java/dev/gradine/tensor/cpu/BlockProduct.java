package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;

import java.util.Arrays;
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
        if (!add) Arrays.fill(values, at, at + (m + 3) / 4 * 4 * n, 0);
        for (int row = 0; row < m; row += 4) {
            int left = aAt + row * rowStride;
            int column = 0;
            if (WIDE_TILES) for (; column <= n - 4 * LANES; column += 4 * LANES) tile4(left, row, column, k);
            for (; column <= n - 2 * LANES; column += 2 * LANES) tile2(left, row, column, k);
            for (; column < n; column += LANES) tile1(left, row, column, k);
        }
    }

    private void tile4(int aAt, int row, int column, int k) {
        float[] left = a;
        float[] out = c;
        float[] right = b;
        int step = stepStride;
        int width = n;
        int i0 = aAt;
        int i1 = i0 + rowStride;
        int i2 = i1 + rowStride;
        int i3 = i2 + rowStride;
        int j = bAt + column;
        int to = cAt + row * width + column;
        FloatVector c00 = FloatVector.fromArray(F, out, to);
        FloatVector c01 = FloatVector.fromArray(F, out, to + LANES);
        FloatVector c02 = FloatVector.fromArray(F, out, to + 2 * LANES);
        FloatVector c03 = FloatVector.fromArray(F, out, to + 3 * LANES);
        FloatVector c10 = FloatVector.fromArray(F, out, to + width);
        FloatVector c11 = FloatVector.fromArray(F, out, to + width + LANES);
        FloatVector c12 = FloatVector.fromArray(F, out, to + width + 2 * LANES);
        FloatVector c13 = FloatVector.fromArray(F, out, to + width + 3 * LANES);
        FloatVector c20 = FloatVector.fromArray(F, out, to + 2 * width);
        FloatVector c21 = FloatVector.fromArray(F, out, to + 2 * width + LANES);
        FloatVector c22 = FloatVector.fromArray(F, out, to + 2 * width + 2 * LANES);
        FloatVector c23 = FloatVector.fromArray(F, out, to + 2 * width + 3 * LANES);
        FloatVector c30 = FloatVector.fromArray(F, out, to + 3 * width);
        FloatVector c31 = FloatVector.fromArray(F, out, to + 3 * width + LANES);
        FloatVector c32 = FloatVector.fromArray(F, out, to + 3 * width + 2 * LANES);
        FloatVector c33 = FloatVector.fromArray(F, out, to + 3 * width + 3 * LANES);
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
        c00.intoArray(out, to);
        c01.intoArray(out, to + LANES);
        c02.intoArray(out, to + 2 * LANES);
        c03.intoArray(out, to + 3 * LANES);
        c10.intoArray(out, to + width);
        c11.intoArray(out, to + width + LANES);
        c12.intoArray(out, to + width + 2 * LANES);
        c13.intoArray(out, to + width + 3 * LANES);
        c20.intoArray(out, to + 2 * width);
        c21.intoArray(out, to + 2 * width + LANES);
        c22.intoArray(out, to + 2 * width + 2 * LANES);
        c23.intoArray(out, to + 2 * width + 3 * LANES);
        c30.intoArray(out, to + 3 * width);
        c31.intoArray(out, to + 3 * width + LANES);
        c32.intoArray(out, to + 3 * width + 2 * LANES);
        c33.intoArray(out, to + 3 * width + 3 * LANES);
    }

    private void tile2(int aAt, int row, int column, int k) {
        float[] left = a;
        float[] out = c;
        float[] right = b;
        int step = stepStride;
        int width = n;
        int i0 = aAt;
        int i1 = i0 + rowStride;
        int i2 = i1 + rowStride;
        int i3 = i2 + rowStride;
        int j = bAt + column;
        int to = cAt + row * width + column;
        FloatVector c00 = FloatVector.fromArray(F, out, to);
        FloatVector c01 = FloatVector.fromArray(F, out, to + LANES);
        FloatVector c10 = FloatVector.fromArray(F, out, to + width);
        FloatVector c11 = FloatVector.fromArray(F, out, to + width + LANES);
        FloatVector c20 = FloatVector.fromArray(F, out, to + 2 * width);
        FloatVector c21 = FloatVector.fromArray(F, out, to + 2 * width + LANES);
        FloatVector c30 = FloatVector.fromArray(F, out, to + 3 * width);
        FloatVector c31 = FloatVector.fromArray(F, out, to + 3 * width + LANES);
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
        c00.intoArray(out, to);
        c01.intoArray(out, to + LANES);
        c10.intoArray(out, to + width);
        c11.intoArray(out, to + width + LANES);
        c20.intoArray(out, to + 2 * width);
        c21.intoArray(out, to + 2 * width + LANES);
        c30.intoArray(out, to + 3 * width);
        c31.intoArray(out, to + 3 * width + LANES);
    }

    private void tile1(int aAt, int row, int column, int k) {
        float[] left = a;
        float[] out = c;
        int step = stepStride;
        int width = n;
        int j = bAt + column;
        int to = cAt + row * width + column;
        FloatVector c0 = FloatVector.fromArray(F, out, to);
        FloatVector c1 = FloatVector.fromArray(F, out, to + width);
        FloatVector c2 = FloatVector.fromArray(F, out, to + 2 * width);
        FloatVector c3 = FloatVector.fromArray(F, out, to + 3 * width);
        for (int t = 0, at = aAt; t < k; t++, at += step, j += width) {
            FloatVector right = FloatVector.fromArray(F, b, j);
            c0 = right.fma(FloatVector.broadcast(F, left[at]), c0);
            c1 = right.fma(FloatVector.broadcast(F, left[at + rowStride]), c1);
            c2 = right.fma(FloatVector.broadcast(F, left[at + 2 * rowStride]), c2);
            c3 = right.fma(FloatVector.broadcast(F, left[at + 3 * rowStride]), c3);
        }
        c0.intoArray(out, to);
        c1.intoArray(out, to + width);
        c2.intoArray(out, to + 2 * width);
        c3.intoArray(out, to + 3 * width);
    }
}
