package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/// Products of blocks that lie in cache, for attention.
///
/// ```
/// c[r][j] (+)= Σ_t a[r · rowStep + t · step] · b[t][j]      r < ROWS
/// ```
///
/// `a` may be read along rows or along columns; rows of `b` and `c` are equally long. `a` and `c` are arrays, of which
/// the compiler makes less code, and `b` is an address, where it makes no check in every turn. Sums are local
/// variables, as many as the registers hold: 32 with AVX-512, where 6 × 4 leaves room for what is multiplied, else 16.
final class BlockProduct {

    private static final boolean LARGE = LANES == 16;

    /// Rows computed at once. The rows of `a` and `c` are padded to a multiple; what the padding holds has no meaning.
    static final int ROWS = LARGE ? 6 : 4;

    /// Columns are padded to a multiple of this.
    static final int COLUMNS = 2 * LANES;

    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    private static final long V = 4L * LANES; // bytes of a vector
    private static final float[] ZEROS = new float[4 * LANES]; // what sums start from

    private float[] a = {};
    private int rowStep;
    private int step;
    private long b;
    private int row;
    private float[] c = {};
    private boolean add;

    /// The left factor.
    BlockProduct left(float[] values, int rowStep, int step) {
        this.a = values;
        this.rowStep = rowStep;
        this.step = step;
        return this;
    }

    /// The right factor: an address, and the values in a row of it and of the product.
    BlockProduct right(long address, int row) {
        this.b = address;
        this.row = row;
        return this;
    }

    /// Where the product is written or added.
    BlockProduct into(float[] values, boolean add) {
        this.c = values;
        this.add = add;
        return this;
    }

    /// Computes `ROWS` rows over `k` terms, each factor and the product from the given index on.
    ///
    /// @param columns a multiple of `COLUMNS`
    void rows(int aAt, int bAt, int cAt, int columns, int k) {
        int j = 0;
        if (LARGE) {
            for (; j <= columns - 4 * LANES; j += 4 * LANES) tile6x4(aAt, b + 4L * (bAt + j), cAt + j, k);
            if (j < columns) tile6x2(aAt, b + 4L * (bAt + j), cAt + j, k);
        } else {
            for (; j < columns; j += 2 * LANES) tile4x2(aAt, b + 4L * (bAt + j), cAt + j, k);
        }
    }

    private void tile6x4(int aAt, long bAt, int cAt, int k) {
        float[] left = a;
        float[] to = c;
        float[] from = add ? to : ZEROS;
        int at = add ? cAt : 0;
        int fromRow = add ? row : 0;
        int rows = rowStep;
        int steps = step;
        long bytes = 4L * row;
        FloatVector s0a = FloatVector.fromArray(F, from, at);
        FloatVector s0b = FloatVector.fromArray(F, from, at + LANES);
        FloatVector s0c = FloatVector.fromArray(F, from, at + 2 * LANES);
        FloatVector s0d = FloatVector.fromArray(F, from, at + 3 * LANES);
        FloatVector s1a = FloatVector.fromArray(F, from, at + fromRow);
        FloatVector s1b = FloatVector.fromArray(F, from, at + fromRow + LANES);
        FloatVector s1c = FloatVector.fromArray(F, from, at + fromRow + 2 * LANES);
        FloatVector s1d = FloatVector.fromArray(F, from, at + fromRow + 3 * LANES);
        FloatVector s2a = FloatVector.fromArray(F, from, at + 2 * fromRow);
        FloatVector s2b = FloatVector.fromArray(F, from, at + 2 * fromRow + LANES);
        FloatVector s2c = FloatVector.fromArray(F, from, at + 2 * fromRow + 2 * LANES);
        FloatVector s2d = FloatVector.fromArray(F, from, at + 2 * fromRow + 3 * LANES);
        FloatVector s3a = FloatVector.fromArray(F, from, at + 3 * fromRow);
        FloatVector s3b = FloatVector.fromArray(F, from, at + 3 * fromRow + LANES);
        FloatVector s3c = FloatVector.fromArray(F, from, at + 3 * fromRow + 2 * LANES);
        FloatVector s3d = FloatVector.fromArray(F, from, at + 3 * fromRow + 3 * LANES);
        FloatVector s4a = FloatVector.fromArray(F, from, at + 4 * fromRow);
        FloatVector s4b = FloatVector.fromArray(F, from, at + 4 * fromRow + LANES);
        FloatVector s4c = FloatVector.fromArray(F, from, at + 4 * fromRow + 2 * LANES);
        FloatVector s4d = FloatVector.fromArray(F, from, at + 4 * fromRow + 3 * LANES);
        FloatVector s5a = FloatVector.fromArray(F, from, at + 5 * fromRow);
        FloatVector s5b = FloatVector.fromArray(F, from, at + 5 * fromRow + LANES);
        FloatVector s5c = FloatVector.fromArray(F, from, at + 5 * fromRow + 2 * LANES);
        FloatVector s5d = FloatVector.fromArray(F, from, at + 5 * fromRow + 3 * LANES);
        for (int t = 0; t < k; t++) {
            FloatVector ba = FloatVector.fromMemorySegment(F, MEMORY, bAt + bytes * t, LE);
            FloatVector bb = FloatVector.fromMemorySegment(F, MEMORY, bAt + bytes * t + V, LE);
            FloatVector bc = FloatVector.fromMemorySegment(F, MEMORY, bAt + bytes * t + 2 * V, LE);
            FloatVector bd = FloatVector.fromMemorySegment(F, MEMORY, bAt + bytes * t + 3 * V, LE);
            FloatVector a0 = FloatVector.broadcast(F, left[aAt + t * steps]);
            s0a = a0.fma(ba, s0a);
            s0b = a0.fma(bb, s0b);
            s0c = a0.fma(bc, s0c);
            s0d = a0.fma(bd, s0d);
            FloatVector a1 = FloatVector.broadcast(F, left[aAt + rows + t * steps]);
            s1a = a1.fma(ba, s1a);
            s1b = a1.fma(bb, s1b);
            s1c = a1.fma(bc, s1c);
            s1d = a1.fma(bd, s1d);
            FloatVector a2 = FloatVector.broadcast(F, left[aAt + 2 * rows + t * steps]);
            s2a = a2.fma(ba, s2a);
            s2b = a2.fma(bb, s2b);
            s2c = a2.fma(bc, s2c);
            s2d = a2.fma(bd, s2d);
            FloatVector a3 = FloatVector.broadcast(F, left[aAt + 3 * rows + t * steps]);
            s3a = a3.fma(ba, s3a);
            s3b = a3.fma(bb, s3b);
            s3c = a3.fma(bc, s3c);
            s3d = a3.fma(bd, s3d);
            FloatVector a4 = FloatVector.broadcast(F, left[aAt + 4 * rows + t * steps]);
            s4a = a4.fma(ba, s4a);
            s4b = a4.fma(bb, s4b);
            s4c = a4.fma(bc, s4c);
            s4d = a4.fma(bd, s4d);
            FloatVector a5 = FloatVector.broadcast(F, left[aAt + 5 * rows + t * steps]);
            s5a = a5.fma(ba, s5a);
            s5b = a5.fma(bb, s5b);
            s5c = a5.fma(bc, s5c);
            s5d = a5.fma(bd, s5d);
        }
        s0a.intoArray(to, cAt);
        s0b.intoArray(to, cAt + LANES);
        s0c.intoArray(to, cAt + 2 * LANES);
        s0d.intoArray(to, cAt + 3 * LANES);
        s1a.intoArray(to, cAt + row);
        s1b.intoArray(to, cAt + row + LANES);
        s1c.intoArray(to, cAt + row + 2 * LANES);
        s1d.intoArray(to, cAt + row + 3 * LANES);
        s2a.intoArray(to, cAt + 2 * row);
        s2b.intoArray(to, cAt + 2 * row + LANES);
        s2c.intoArray(to, cAt + 2 * row + 2 * LANES);
        s2d.intoArray(to, cAt + 2 * row + 3 * LANES);
        s3a.intoArray(to, cAt + 3 * row);
        s3b.intoArray(to, cAt + 3 * row + LANES);
        s3c.intoArray(to, cAt + 3 * row + 2 * LANES);
        s3d.intoArray(to, cAt + 3 * row + 3 * LANES);
        s4a.intoArray(to, cAt + 4 * row);
        s4b.intoArray(to, cAt + 4 * row + LANES);
        s4c.intoArray(to, cAt + 4 * row + 2 * LANES);
        s4d.intoArray(to, cAt + 4 * row + 3 * LANES);
        s5a.intoArray(to, cAt + 5 * row);
        s5b.intoArray(to, cAt + 5 * row + LANES);
        s5c.intoArray(to, cAt + 5 * row + 2 * LANES);
        s5d.intoArray(to, cAt + 5 * row + 3 * LANES);
    }

    private void tile6x2(int aAt, long bAt, int cAt, int k) {
        float[] left = a;
        float[] to = c;
        float[] from = add ? to : ZEROS;
        int at = add ? cAt : 0;
        int fromRow = add ? row : 0;
        int rows = rowStep;
        int steps = step;
        long bytes = 4L * row;
        FloatVector s0a = FloatVector.fromArray(F, from, at);
        FloatVector s0b = FloatVector.fromArray(F, from, at + LANES);
        FloatVector s1a = FloatVector.fromArray(F, from, at + fromRow);
        FloatVector s1b = FloatVector.fromArray(F, from, at + fromRow + LANES);
        FloatVector s2a = FloatVector.fromArray(F, from, at + 2 * fromRow);
        FloatVector s2b = FloatVector.fromArray(F, from, at + 2 * fromRow + LANES);
        FloatVector s3a = FloatVector.fromArray(F, from, at + 3 * fromRow);
        FloatVector s3b = FloatVector.fromArray(F, from, at + 3 * fromRow + LANES);
        FloatVector s4a = FloatVector.fromArray(F, from, at + 4 * fromRow);
        FloatVector s4b = FloatVector.fromArray(F, from, at + 4 * fromRow + LANES);
        FloatVector s5a = FloatVector.fromArray(F, from, at + 5 * fromRow);
        FloatVector s5b = FloatVector.fromArray(F, from, at + 5 * fromRow + LANES);
        for (int t = 0; t < k; t++) {
            FloatVector ba = FloatVector.fromMemorySegment(F, MEMORY, bAt + bytes * t, LE);
            FloatVector bb = FloatVector.fromMemorySegment(F, MEMORY, bAt + bytes * t + V, LE);
            FloatVector a0 = FloatVector.broadcast(F, left[aAt + t * steps]);
            s0a = a0.fma(ba, s0a);
            s0b = a0.fma(bb, s0b);
            FloatVector a1 = FloatVector.broadcast(F, left[aAt + rows + t * steps]);
            s1a = a1.fma(ba, s1a);
            s1b = a1.fma(bb, s1b);
            FloatVector a2 = FloatVector.broadcast(F, left[aAt + 2 * rows + t * steps]);
            s2a = a2.fma(ba, s2a);
            s2b = a2.fma(bb, s2b);
            FloatVector a3 = FloatVector.broadcast(F, left[aAt + 3 * rows + t * steps]);
            s3a = a3.fma(ba, s3a);
            s3b = a3.fma(bb, s3b);
            FloatVector a4 = FloatVector.broadcast(F, left[aAt + 4 * rows + t * steps]);
            s4a = a4.fma(ba, s4a);
            s4b = a4.fma(bb, s4b);
            FloatVector a5 = FloatVector.broadcast(F, left[aAt + 5 * rows + t * steps]);
            s5a = a5.fma(ba, s5a);
            s5b = a5.fma(bb, s5b);
        }
        s0a.intoArray(to, cAt);
        s0b.intoArray(to, cAt + LANES);
        s1a.intoArray(to, cAt + row);
        s1b.intoArray(to, cAt + row + LANES);
        s2a.intoArray(to, cAt + 2 * row);
        s2b.intoArray(to, cAt + 2 * row + LANES);
        s3a.intoArray(to, cAt + 3 * row);
        s3b.intoArray(to, cAt + 3 * row + LANES);
        s4a.intoArray(to, cAt + 4 * row);
        s4b.intoArray(to, cAt + 4 * row + LANES);
        s5a.intoArray(to, cAt + 5 * row);
        s5b.intoArray(to, cAt + 5 * row + LANES);
    }

    private void tile4x2(int aAt, long bAt, int cAt, int k) {
        float[] left = a;
        float[] to = c;
        float[] from = add ? to : ZEROS;
        int at = add ? cAt : 0;
        int fromRow = add ? row : 0;
        int rows = rowStep;
        int steps = step;
        long bytes = 4L * row;
        FloatVector s0a = FloatVector.fromArray(F, from, at);
        FloatVector s0b = FloatVector.fromArray(F, from, at + LANES);
        FloatVector s1a = FloatVector.fromArray(F, from, at + fromRow);
        FloatVector s1b = FloatVector.fromArray(F, from, at + fromRow + LANES);
        FloatVector s2a = FloatVector.fromArray(F, from, at + 2 * fromRow);
        FloatVector s2b = FloatVector.fromArray(F, from, at + 2 * fromRow + LANES);
        FloatVector s3a = FloatVector.fromArray(F, from, at + 3 * fromRow);
        FloatVector s3b = FloatVector.fromArray(F, from, at + 3 * fromRow + LANES);
        for (int t = 0; t < k; t++) {
            FloatVector ba = FloatVector.fromMemorySegment(F, MEMORY, bAt + bytes * t, LE);
            FloatVector bb = FloatVector.fromMemorySegment(F, MEMORY, bAt + bytes * t + V, LE);
            FloatVector a0 = FloatVector.broadcast(F, left[aAt + t * steps]);
            s0a = a0.fma(ba, s0a);
            s0b = a0.fma(bb, s0b);
            FloatVector a1 = FloatVector.broadcast(F, left[aAt + rows + t * steps]);
            s1a = a1.fma(ba, s1a);
            s1b = a1.fma(bb, s1b);
            FloatVector a2 = FloatVector.broadcast(F, left[aAt + 2 * rows + t * steps]);
            s2a = a2.fma(ba, s2a);
            s2b = a2.fma(bb, s2b);
            FloatVector a3 = FloatVector.broadcast(F, left[aAt + 3 * rows + t * steps]);
            s3a = a3.fma(ba, s3a);
            s3b = a3.fma(bb, s3b);
        }
        s0a.intoArray(to, cAt);
        s0b.intoArray(to, cAt + LANES);
        s1a.intoArray(to, cAt + row);
        s1b.intoArray(to, cAt + row + LANES);
        s2a.intoArray(to, cAt + 2 * row);
        s2b.intoArray(to, cAt + 2 * row + LANES);
        s3a.intoArray(to, cAt + 3 * row);
        s3b.intoArray(to, cAt + 3 * row + LANES);
    }
}
