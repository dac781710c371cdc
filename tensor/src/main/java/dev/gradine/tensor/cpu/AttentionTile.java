package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// One thread's working memory for blocked attention: a tile of queries of one head against blocks of keys.
///
/// Blocks of head values have rows of `width` values, padded with zeros; blocks of scores and transposed blocks have
/// rows of `BLOCK`. Left factors and results of a `BlockProduct` are arrays, right factors addresses.
final class AttentionTile {

    /// Queries per tile and keys per block: whole groups of rows and of columns for every vector length.
    static final int BLOCK = AttentionKernel.BLOCK;

    private static final ThreadLocal<AttentionTile> MINE = ThreadLocal.withInitial(AttentionTile::new);

    final BlockProduct product = new BlockProduct();
    final float[] scores = new float[BLOCK * BLOCK];
    final float[] dScores = new float[BLOCK * BLOCK];
    float[] max = {};
    float[] sum = {};
    float[] rescale = {};
    float[] out = {}; // y in forward, dq in backward
    float[] qRows = {};
    float[] dyRows = {};
    float[] kRows = {};
    float[] dk = {};
    float[] dv = {};
    private float[] rows = {}; // about to be transposed
    long q;
    long dy;
    long k;
    long v;
    long qTransposed;
    long kTransposed;
    long vTransposed;

    private MemorySegment memory = MemorySegment.NULL;
    private int[] everyRow = {};
    private int d;
    private int width;

    private AttentionTile() {}

    /// This thread's memory for heads of `d` values: a tile of queries of `group` heads and a block of keys.
    static AttentionTile forward(int d, int group) {
        AttentionTile t = MINE.get();
        t.open(d, group);
        int block = BLOCK * t.width;
        t.kRows = room(t.kRows, block);
        t.v = t.room((1L + group) * block);
        t.qTransposed = t.v + 4L * block;
        return t;
    }

    /// This thread's memory for heads of `d` values: a tile of queries and a range of `keys` keys, whose gradients are
    /// zero.
    static AttentionTile backward(int d, int keys) {
        AttentionTile t = MINE.get();
        t.open(d, 1);
        int block = BLOCK * t.width;
        int range = Math.ceilDiv(keys, BLOCK) * block;
        t.qRows = room(t.qRows, block);
        t.dyRows = room(t.dyRows, block);
        t.q = t.room(2L * block + 3L * range);
        t.dy = t.q + 4L * block;
        t.k = t.dy + 4L * block;
        t.kTransposed = t.k + 4L * range;
        t.vTransposed = t.kTransposed + 4L * range;
        t.dk = room(t.dk, range);
        t.dv = room(t.dv, range);
        Arrays.fill(t.dk, 0, range, 0);
        Arrays.fill(t.dv, 0, range, 0);
        return t;
    }

    private void open(int headDim, int group) {
        d = headDim;
        int w = padded(headDim);
        max = room(max, group * BLOCK);
        sum = room(sum, group * BLOCK);
        rescale = room(rescale, group * BLOCK);
        out = room(out, group * BLOCK * w);
        rows = room(rows, BLOCK * w);
        if (w == width) return;
        width = w;
        everyRow = new int[LANES];
        for (int i = 0; i < LANES; i++) everyRow[i] = i * w;
    }

    private static float[] room(float[] array, int n) {
        return array.length < n ? new float[n] : array;
    }

    private long room(long floats) {
        if (memory.byteSize() < 4 * floats) memory = Arena.ofAuto().allocate(4 * floats, Tensor.ALIGNMENT);
        return memory.address();
    }

    /// Values of a row of head values, the padding included.
    int width() {
        return width;
    }

    /// `n` rounded up to whole groups of columns.
    static int padded(int n) {
        return (n + BlockProduct.COLUMNS - 1) / BlockProduct.COLUMNS * BlockProduct.COLUMNS;
    }

    /// Copies `n` rows of head values, `stride` values apart, to row `first` on, and zeroes the padding of each.
    void pack(long from, int stride, int n, float[] to, int first) {
        for (int r = 0; r < n; r++) {
            long source = from + 4L * r * stride;
            int at = (first + r) * width;
            int i = 0;
            for (; i <= d - LANES; i += LANES) load(source, i).intoArray(to, at + i);
            for (; i < d; i++) to[at + i] = get(source, i);
            for (; i < width; i++) to[at + i] = 0;
        }
    }

    /// As `pack` to an array, from its first row on.
    void pack(long from, int stride, int n, long to) {
        for (int r = 0; r < n; r++) {
            long source = from + 4L * r * stride;
            long target = to + 4L * r * width;
            int i = 0;
            for (; i <= d - LANES; i += LANES) store(load(source, i), target, i);
            for (; i < d; i++) set(target, i, get(source, i));
            for (; i < width; i++) set(target, i, 0);
        }
    }

    /// Copies `n` rows back, from row `first` on.
    void unpack(float[] from, int first, int n, long to, int stride) {
        for (int r = 0; r < n; r++) {
            long target = to + 4L * r * stride;
            int at = (first + r) * width;
            int i = 0;
            for (; i <= d - LANES; i += LANES) store(FloatVector.fromArray(F, from, at + i), target, i);
            for (; i < d; i++) set(target, i, from[at + i]);
        }
    }

    /// `to[i][r] = factor · from[r][i]` for `n ≤ BLOCK` rows of head values, `stride` values apart; rows of `to` are
    /// padded with zeros to whole groups of columns.
    void transpose(long from, int stride, int n, float factor, long to) {
        pack(from, stride, n, rows, 0);
        int end = padded(n);
        Arrays.fill(rows, n * width, end * width, 0);
        for (int r = 0; r < end; r += LANES) {
            for (int i = 0; i < d; i++) {
                FloatVector column = FloatVector.fromArray(F, rows, r * width + i, everyRow, 0);
                store(column.mul(factor), to, (long) i * BLOCK + r);
            }
        }
    }
}
