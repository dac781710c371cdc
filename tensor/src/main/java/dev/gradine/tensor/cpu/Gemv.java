package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// `c[M,N] (+)= alpha · a[M,K] · b[N,K]ᵀ` for few rows: dot products that stream `b` once, as it lies.
///
/// Nothing is reused but `a`, so memory sets the pace and packing would only add to it. L partial sums run side by side
/// and are added as a tree, in an order of their own: the last bits differ from those of `Gemm`.
final class Gemv {

    private static final int MOST_ROWS = 4; // of `a`, where b lies as it is multiplied
    private static final int MOST_ROWS_DECODED = 2;
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final int ROWS = 4; // rows of b whose sums run side by side
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
    static boolean fits(Tensor a, Tensor b) {
        return a.shape().dim(0) <= (b.dtype() == DType.F32 ? MOST_ROWS : MOST_ROWS_DECODED);
    }

    void run() {
        int wanted = Math.clamp(bytes / PART_BYTES, 1, PARTS);
        int rows = Gemm.roundUp(Math.ceilDiv(n, wanted), ROWS);
        int parts = Math.ceilDiv(n, rows);
        if (parts <= 1) part(0, n);
        else Parallel.forEach(parts, i -> part(i * rows, Math.min(n, (i + 1) * rows)));
    }

    /// Columns `from … to` of `c`.
    private void part(int from, int to) {
        Scratch own = Scratch.own();
        float[] x = own.row(m * k);
        float[] sums = own.sums(ROWS * L + ROWS);
        Vectors.read(a, 0, x, 0, m * k);
        if (m == 1 && isMultipliedAsItLies(dtype) && Decode.BLOCKS) blocks(x, from, to, sums);
        else if (dtype == DType.F32) direct(x, from, to, sums);
        else decoded(x, from, to, own.rows(ROWS * k), sums);
    }

    private static boolean isMultipliedAsItLies(DType dtype) {
        return dtype == DType.Q8_0 || dtype == DType.Q4_0 || dtype == DType.Q4_1 || dtype == DType.GPTQ4;
    }

    /// Two rows of blocks at a time, decoded in registers.
    private void blocks(float[] x, int from, int to, float[] sums) {
        long rowBytes = dtype.bytes(k);
        for (int j = from; j < to; j += 2) {
            long r0 = b + j * rowBytes;
            long r1 = j + 1 < to ? r0 + rowBytes : r0;
            if (dtype == DType.Q8_0) dotBytes(x, r0, r1, k / 32, sums);
            else dotNibbles(x, r0, r1, k / 32, dtype, sums);
            store(0, j, tree(sums, 0));
            if (j + 1 < to) store(0, j + 1, tree(sums, L));
        }
    }

    /// Rows of f32, as they lie.
    private void direct(float[] x, int from, int to, float[] sums) {
        int fours = from + (to - from) / ROWS * ROWS;
        for (int j = from; j < fours; j += ROWS) {
            for (int i = 0; i < m; i++) {
                dot4(x, i * k, b + 4L * j * k, k, sums);
                for (int r = 0; r < ROWS; r++) store(i, j + r, sums[ROWS * L + r]);
            }
        }
        if (fours < to) decoded(x, fours, to, Scratch.own().rows(ROWS * k), sums);
    }

    /// Rows of any type, four at a time, by way of an array.
    private void decoded(float[] x, int from, int to, float[] rows, float[] sums) {
        for (int j = from; j < to; j += ROWS) {
            int count = Math.min(ROWS, to - j);
            values.read((long) j * k, count * k, rows, 0);
            for (int i = 0; i < m; i++) {
                dots(x, i * k, rows, k, count, sums);
                for (int r = 0; r < count; r++) store(i, j + r, sums[ROWS * L + r]);
            }
        }
    }

    private void store(int i, int j, float sum) {
        long at = (long) i * n + j;
        Vectors.set(c, at, alpha * sum + (accumulate ? Vectors.get(c, at) : 0));
    }

    private static void dot4(float[] x, int xAt, long b0, int k, float[] sums) {
        long b1 = b0 + 4L * k;
        long b2 = b1 + 4L * k;
        long b3 = b2 + 4L * k;
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int whole = S.loopBound(k);
        for (int p = 0; p < whole; p += L) {
            FloatVector v = FloatVector.fromArray(S, x, xAt + p);
            s0 = v.fma(FloatVector.fromMemorySegment(S, MEMORY, b0 + 4L * p, LITTLE_ENDIAN), s0);
            s1 = v.fma(FloatVector.fromMemorySegment(S, MEMORY, b1 + 4L * p, LITTLE_ENDIAN), s1);
            s2 = v.fma(FloatVector.fromMemorySegment(S, MEMORY, b2 + 4L * p, LITTLE_ENDIAN), s2);
            s3 = v.fma(FloatVector.fromMemorySegment(S, MEMORY, b3 + 4L * p, LITTLE_ENDIAN), s3);
        }
        s0.intoArray(sums, 0);
        s1.intoArray(sums, L);
        s2.intoArray(sums, 2 * L);
        s3.intoArray(sums, 3 * L);
        for (int r = 0; r < ROWS; r++) {
            float tail = 0;
            for (int p = whole; p < k; p++) tail = Math.fma(x[xAt + p], Vectors.get(b0, (long) r * k + p), tail);
            sums[ROWS * L + r] = tree(sums, r * L) + tail;
        }
    }

    private static void dots(float[] x, int xAt, float[] rows, int k, int count, float[] sums) {
        for (int r = 0; r < count; r++) {
            FloatVector s0 = FloatVector.zero(S);
            FloatVector s1 = s0;
            int whole = S.loopBound(k);
            int pairs = whole / (2 * L) * (2 * L);
            int at = r * k;
            for (int p = 0; p < pairs; p += 2 * L) {
                s0 = FloatVector.fromArray(S, x, xAt + p).fma(FloatVector.fromArray(S, rows, at + p), s0);
                s1 = FloatVector.fromArray(S, x, xAt + p + L).fma(FloatVector.fromArray(S, rows, at + p + L), s1);
            }
            if (pairs < whole) {
                s0 = FloatVector.fromArray(S, x, xAt + pairs).fma(FloatVector.fromArray(S, rows, at + pairs), s0);
            }
            float tail = 0;
            for (int p = whole; p < k; p++) tail = Math.fma(x[xAt + p], rows[at + p], tail);
            s0.add(s1).intoArray(sums, 0);
            sums[ROWS * L + r] = tree(sums, 0) + tail;
        }
    }

    /// Partial sums of two rows of Q8_0, side by side in `sums`.
    private static void dotBytes(float[] x, long b0, long b1, int blocks, float[] sums) {
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        for (int i = 0; i < blocks; i++) {
            long at0 = b0 + 34L * i;
            long at1 = b1 + 34L * i;
            FloatVector block0 = FloatVector.zero(S);
            FloatVector block1 = block0;
            for (int j = 0; j < 32; j += L) {
                FloatVector v = FloatVector.fromArray(S, x, 32 * i + j);
                FloatVector q0 =
                        (FloatVector) ByteVector.fromMemorySegment(Decode.BYTES, MEMORY, at0 + 2 + j, LITTLE_ENDIAN)
                                .convertShape(VectorOperators.B2F, S, 0);
                FloatVector q1 =
                        (FloatVector) ByteVector.fromMemorySegment(Decode.BYTES, MEMORY, at1 + 2 + j, LITTLE_ENDIAN)
                                .convertShape(VectorOperators.B2F, S, 0);
                block0 = q0.fma(v, block0);
                block1 = q1.fma(v, block1);
            }
            s0 = block0.fma(FloatVector.broadcast(S, half(at0)), s0);
            s1 = block1.fma(FloatVector.broadcast(S, half(at1)), s1);
        }
        s0.intoArray(sums, 0);
        s1.intoArray(sums, L);
    }

    /// The same of Q4_0, Q4_1 or GPTQ4.
    private static void dotNibbles(float[] x, long b0, long b1, int blocks, DType dtype, float[] sums) {
        FloatVector low0 = FloatVector.zero(S);
        FloatVector high0 = low0;
        FloatVector low1 = low0;
        FloatVector high1 = low0;
        int head = dtype.blockBytes() - 16;
        for (int i = 0; i < blocks; i++) {
            long at0 = b0 + (head + 16L) * i;
            long at1 = b1 + (head + 16L) * i;
            float scale0 = half(at0);
            float scale1 = half(at1);
            FloatVector d0 = FloatVector.broadcast(S, scale0);
            FloatVector d1 = FloatVector.broadcast(S, scale1);
            FloatVector m0 = FloatVector.broadcast(S, minimum(dtype, at0, scale0));
            FloatVector m1 = FloatVector.broadcast(S, minimum(dtype, at1, scale1));
            for (int j = 0; j < 16; j += L) {
                FloatVector v = FloatVector.fromArray(S, x, 32 * i + j);
                FloatVector w = FloatVector.fromArray(S, x, 32 * i + 16 + j);
                IntVector q =
                        (IntVector) ByteVector.fromMemorySegment(Decode.BYTES, MEMORY, at0 + head + j, LITTLE_ENDIAN)
                                .convertShape(VectorOperators.ZERO_EXTEND_B2I, Decode.I, 0);
                low0 = ((FloatVector) q.and(15).convertShape(VectorOperators.I2F, S, 0))
                        .fma(d0, m0)
                        .fma(v, low0);
                high0 = ((FloatVector) q.lanewise(VectorOperators.LSHR, 4).convertShape(VectorOperators.I2F, S, 0))
                        .fma(d0, m0)
                        .fma(w, high0);
                q = (IntVector) ByteVector.fromMemorySegment(Decode.BYTES, MEMORY, at1 + head + j, LITTLE_ENDIAN)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, Decode.I, 0);
                low1 = ((FloatVector) q.and(15).convertShape(VectorOperators.I2F, S, 0))
                        .fma(d1, m1)
                        .fma(v, low1);
                high1 = ((FloatVector) q.lanewise(VectorOperators.LSHR, 4).convertShape(VectorOperators.I2F, S, 0))
                        .fma(d1, m1)
                        .fma(w, high1);
            }
        }
        low0.add(high0).intoArray(sums, 0);
        low1.add(high1).intoArray(sums, L);
    }

    /// What is added to all values of a block.
    private static float minimum(DType dtype, long block, float d) {
        return switch (dtype) {
            case Q4_0 -> -8 * d;
            case Q4_1 -> half(block + 2);
            default -> -d * (MEMORY.get(U16, block + 2) & 0xffff);
        };
    }

    private static float half(long address) {
        return Float.float16ToFloat(MEMORY.get(U16, address));
    }

    /// Sum of the L values from `at` on, which it overwrites: halves onto halves, the same order on every machine of
    /// that width, compiled or not.
    private static float tree(float[] sums, int at) {
        for (int w = L / 2; w > 0; w /= 2) {
            for (int i = at; i < at + w; i++) sums[i] += sums[i + w];
        }
        return sums[at];
    }
}
