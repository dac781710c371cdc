package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.MatMulKernel;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// `c[M,N] (+)= alpha · a[M,K] · b[N,K]ᵀ` for few rows: dot products that stream `b` once, as it lies.
///
/// Nothing is reused but `a`, so memory sets the pace and packing would only add to it. L partial sums run side by side
/// and are added as a tree: the last bits differ from those of `Gemm`, and are the same however many rows there are.
final class Gemv {

    private static final int MOST_ROWS = MatMulKernel.MANY_ROWS - 1; // of `a`
    private static final VectorSpecies<Float> S = Vectors.F;
    private static final int L = S.length();
    private static final VectorMask<Float> FOUR = VectorMask.fromLong(S, 0b1111);
    private static final int ROWS = BlockDots.ROWS; // of b, whose sums run side by side
    private static final int TILE = ROWS * ROWS; // sums of four rows of a with four of b
    private static final int MOST_SUMS = NibbleTile.ROWS * NibbleTile.COLUMNS; // that are added up together
    private static final int TREES = MOST_SUMS * L; // where they lie behind their parts
    private static final long PART_BYTES = 32 << 10; // at least: about 10 µs, and waking a thread costs less
    private static final int PARTS = 4 * Parallel.THREADS; // a few a thread even out, many small ones do not stream

    private final long a;
    private final long b;
    private final RealValues values; // of b
    private final long bytes; // of b
    private final DType dtype;
    private final long c;
    private final int m;
    private final int n;
    private final int k;
    private final float alpha;
    private final boolean accumulate;

    Gemv(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        this.a = Native.address(a);
        this.b = Native.address(b);
        this.values = RealValues.of(b);
        this.bytes = b.bytes();
        this.dtype = b.dtype();
        this.c = Native.writable(c);
        this.m = c.shape().dim(0);
        this.n = c.shape().dim(1);
        this.k = a.shape().dim(1);
        this.alpha = alpha;
        this.accumulate = accumulate;
    }

    /// Whether this is the faster way.
    static boolean fits(Tensor a) {
        return a.shape().dim(0) <= MOST_ROWS;
    }

    void run() {
        int work = Math.max(1, m / ROWS); // passes over the rows of b: with several, a part computes more than it reads
        int wanted = Math.clamp(work * bytes / PART_BYTES, 1, work > 1 ? 2 * PARTS : PARTS);
        int rows = Gemm.roundUp(Math.ceilDiv(n, wanted), ROWS);
        int parts = Math.ceilDiv(n, rows);
        if (parts <= 1) part(0, n);
        else Parallel.forEach(parts, i -> part(i * rows, Math.min(n, (i + 1) * rows)));
    }

    /// Columns `from … to` of `c`.
    private void part(int from, int to) {
        Scratch own = Scratch.own();
        float[] sums = own.sums(TREES + MOST_SUMS + L); // the last four are read as a whole vector
        if (m == 1 && BlockDots.fits(dtype, k)) blocks(from, to, sums);
        else if (dtype == DType.F32 && m < ROWS) direct(from, to, sums);
        else decoded(from, to, own.rows(ROWS * k), sums);
    }

    /// Four rows of blocks at a time, decoded in registers. They lie a quarter of all apart: each of the four streams
    /// runs on from row to row, which processors foresee.
    private void blocks(int from, int to, float[] sums) {
        long rowBytes = dtype.bytes(k);
        float[] x = Scratch.own().row(k);
        Vectors.read(a, 0, x, 0, k);
        float[] rows = Scratch.own().rows(ROWS * k);
        int quarter = (to - from) / ROWS;
        BlockDots dots = new BlockDots(dtype, x, k, quarter * rowBytes, rows, sums);
        for (int j = from; j < from + quarter; j += ROWS) {
            int count = Math.min(ROWS, from + quarter - j);
            for (int r = 0; r < count; r++) dots.run(b + (j + r) * rowBytes, ROWS * r * L);
            LaneSums.trees(sums, ROWS * count, TREES);
            for (int r = 0; r < ROWS * count; r++) store(0, j + r / ROWS + r % ROWS * quarter, sums[TREES + r]);
        }
        int rest = from + ROWS * quarter;
        if (rest < to) decoded(rest, to, rows, sums);
    }

    /// Rows of f32, as they lie, a quarter apart likewise.
    private void direct(int from, int to, float[] sums) {
        int quarter = (to - from) / ROWS;
        for (int j = from; j < from + quarter; j += ROWS) {
            for (int i = 0; i < m; i++) direct(i, j, Math.min(ROWS, from + quarter - j), quarter, sums);
        }
        int rest = from + ROWS * quarter;
        if (rest < to) decoded(rest, to, Scratch.own().rows(ROWS * k), sums);
    }

    /// Row `i` of `a` times `count` rows from `j` on, and those one, two and three quarters behind them.
    private void direct(int i, int j, int count, int quarter, float[] sums) {
        long x = a + 4L * i * k;
        int whole = S.loopBound(k);
        for (int r = 0; r < count; r++) {
            dot4(x, b + 4L * (j + r) * k, 4L * quarter * k, whole, sums, ROWS * r * L);
        }
        LaneSums.trees(sums, ROWS * count, TREES);
        for (int r = 0; r < ROWS * count; r++) {
            int column = j + r / ROWS + r % ROWS * quarter;
            float sum = sums[TREES + r];
            store(i, column, whole < k ? sum + tail(x, b + 4L * column * k, whole, k) : sum);
        }
    }

    /// Rows of any type, four at a time, by way of an array.
    private void decoded(int from, int to, float[] rows, float[] sums) {
        int whole = S.loopBound(k);
        for (int j = from; j < to; j += ROWS) {
            int count = Math.min(ROWS, to - j);
            int eights = count == ROWS && NibbleTile.fits(dtype, k) ? m / NibbleTile.ROWS * NibbleTile.ROWS : 0;
            for (int i = 0; i < eights; i += NibbleTile.ROWS) nibbles(i, j, sums);
            if (eights == m) continue;
            values.read((long) j * k, count * k, rows, 0);
            int fours = count == ROWS ? m / ROWS * ROWS : 0;
            for (int i = eights; i < fours; i += ROWS) {
                long x = a + 4L * i * k;
                dots4(x, rows, k, sums);
                LaneSums.trees(sums, TILE, TREES);
                for (int r = 0; r < TILE && whole < k; r++) {
                    sums[TREES + r] += tail(x + 4L * (r / ROWS) * k, rows, r % ROWS * k, whole, k);
                }
                for (int r = 0; r < ROWS; r++) store4(i + r, j, sums, TREES + ROWS * r);
            }
            for (int i = fours; i < m; i++) {
                dots(a + 4L * i * k, rows, k, count, sums);
                for (int r = 0; r < count; r++) store(i, j + r, sums[TREES + r]);
            }
        }
    }

    /// Eight rows of `a` times four rows of b, decoded in registers.
    private void nibbles(int i, int j, float[] sums) {
        NibbleTile.run(a + 4L * i * k, k, b + j * dtype.bytes(k), dtype, sums);
        LaneSums.trees(sums, MOST_SUMS, TREES);
        for (int r = 0; r < NibbleTile.ROWS; r++) store4(i + r, j, sums, TREES + ROWS * r);
    }

    /// Four sums beside each other: the first lanes of a vector, whose others are left as they are.
    private void store4(int i, int j, float[] sums, int at) {
        long to = c + 4 * ((long) i * n + j);
        FloatVector four = FloatVector.fromArray(S, sums, at).mul(alpha);
        if (accumulate) four = four.add(FloatVector.fromMemorySegment(S, MEMORY, to, LITTLE_ENDIAN, FOUR));
        four.intoMemorySegment(MEMORY, to, LITTLE_ENDIAN, FOUR);
    }

    private void store(int i, int j, float sum) {
        long at = (long) i * n + j;
        Vectors.set(c, at, accumulate ? alpha * sum + Vectors.get(c, at) : alpha * sum);
    }

    /// Partial sums of one row of `a` with four rows of b that lie `apart` bytes apart.
    private static void dot4(long x, long b0, long apart, int whole, float[] sums, int to) {
        long b1 = b0 + apart;
        long b2 = b1 + apart;
        long b3 = b2 + apart;
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int p = 0; p < whole; p += L) {
            FloatVector v = Vectors.load(x, p);
            s0 = v.fma(FloatVector.fromMemorySegment(S, MEMORY, b0 + 4L * p, LITTLE_ENDIAN), s0);
            s1 = v.fma(FloatVector.fromMemorySegment(S, MEMORY, b1 + 4L * p, LITTLE_ENDIAN), s1);
            s2 = v.fma(FloatVector.fromMemorySegment(S, MEMORY, b2 + 4L * p, LITTLE_ENDIAN), s2);
            s3 = v.fma(FloatVector.fromMemorySegment(S, MEMORY, b3 + 4L * p, LITTLE_ENDIAN), s3);
        }
        s0.intoArray(sums, to);
        s1.intoArray(sums, to + L);
        s2.intoArray(sums, to + 2 * L);
        s3.intoArray(sums, to + 3 * L);
    }

    private static float tail(long x, long b, int whole, int k) {
        float tail = 0;
        for (int p = whole; p < k; p++) tail = Math.fma(Vectors.get(x, p), Vectors.get(b, p), tail);
        return tail;
    }

    /// One row of `a` times `count` rows of b.
    private static void dots(long x, float[] rows, int k, int count, float[] sums) {
        int whole = S.loopBound(k);
        for (int r = 0; r < count; r++) {
            FloatVector s = FloatVector.zero(S);
            int at = r * k;
            for (int p = 0; p < whole; p += L) {
                s = Vectors.load(x, p).fma(FloatVector.fromArray(S, rows, at + p), s);
            }
            s.intoArray(sums, r * L);
        }
        LaneSums.trees(sums, count, TREES);
        for (int r = 0; r < count && whole < k; r++) {
            sums[TREES + r] += tail(x, rows, r * k, whole, k);
        }
    }

    private static float tail(long x, float[] rows, int at, int whole, int k) {
        float tail = 0;
        for (int p = whole; p < k; p++) tail = Math.fma(Vectors.get(x, p), rows[at + p], tail);
        return tail;
    }

    /// Four rows of `a` times four rows of b: each value that is read serves four sums.
    private static void dots4(long x, float[] rows, int k, float[] sums) {
        FloatVector s00 = FloatVector.zero(S);
        FloatVector s01 = s00;
        FloatVector s02 = s00;
        FloatVector s03 = s00;
        FloatVector s10 = s00;
        FloatVector s11 = s00;
        FloatVector s12 = s00;
        FloatVector s13 = s00;
        FloatVector s20 = s00;
        FloatVector s21 = s00;
        FloatVector s22 = s00;
        FloatVector s23 = s00;
        FloatVector s30 = s00;
        FloatVector s31 = s00;
        FloatVector s32 = s00;
        FloatVector s33 = s00;
        int whole = S.loopBound(k);
        for (int p = 0; p < whole; p += L) {
            FloatVector b0 = FloatVector.fromArray(S, rows, p);
            FloatVector b1 = FloatVector.fromArray(S, rows, k + p);
            FloatVector b2 = FloatVector.fromArray(S, rows, 2 * k + p);
            FloatVector b3 = FloatVector.fromArray(S, rows, 3 * k + p);
            FloatVector v = Vectors.load(x, p);
            s00 = v.fma(b0, s00);
            s01 = v.fma(b1, s01);
            s02 = v.fma(b2, s02);
            s03 = v.fma(b3, s03);
            v = Vectors.load(x, k + p);
            s10 = v.fma(b0, s10);
            s11 = v.fma(b1, s11);
            s12 = v.fma(b2, s12);
            s13 = v.fma(b3, s13);
            v = Vectors.load(x, 2L * k + p);
            s20 = v.fma(b0, s20);
            s21 = v.fma(b1, s21);
            s22 = v.fma(b2, s22);
            s23 = v.fma(b3, s23);
            v = Vectors.load(x, 3L * k + p);
            s30 = v.fma(b0, s30);
            s31 = v.fma(b1, s31);
            s32 = v.fma(b2, s32);
            s33 = v.fma(b3, s33);
        }
        s00.intoArray(sums, 0);
        s01.intoArray(sums, L);
        s02.intoArray(sums, 2 * L);
        s03.intoArray(sums, 3 * L);
        s10.intoArray(sums, 4 * L);
        s11.intoArray(sums, 5 * L);
        s12.intoArray(sums, 6 * L);
        s13.intoArray(sums, 7 * L);
        s20.intoArray(sums, 8 * L);
        s21.intoArray(sums, 9 * L);
        s22.intoArray(sums, 10 * L);
        s23.intoArray(sums, 11 * L);
        s30.intoArray(sums, 12 * L);
        s31.intoArray(sums, 13 * L);
        s32.intoArray(sums, 14 * L);
        s33.intoArray(sums, 15 * L);
    }
}
