package dev.gradine.tensor.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
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

    /// Rows of `a` up to which this is the faster way.
    static final int MOST_ROWS = 4;

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final VectorSpecies<Float> S = FloatVector.SPECIES_PREFERRED;
    private static final int L = S.length();
    private static final int ROWS = 4; // rows of b whose sums run side by side
    private static final int PART_BYTES =
            64 << 10; // at least; a few parts a thread even out, many small ones do not stream
    private static final int SERIAL_BYTES = 256 << 10; // about 10 µs: waking a thread costs as much

    private final MemorySegment a;
    private final MemorySegment b;
    private final DType dtype;
    private final MemorySegment c;
    private final int m;
    private final int n;
    private final int k;
    private final float alpha;
    private final boolean accumulate;

    Gemv(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        this.a = a.data();
        this.b = b.data();
        this.dtype = b.dtype();
        this.c = c.data();
        this.m = c.shape().dim(0);
        this.n = c.shape().dim(1);
        this.k = a.shape().dim(1);
        this.alpha = alpha;
        this.accumulate = accumulate;
    }

    void run() {
        long rowBytes = dtype.bytes(k);
        long partBytes = Math.max(PART_BYTES, b.byteSize() / (4L * Parallel.THREADS));
        int rows = Gemm.roundUp(Math.clamp(partBytes / rowBytes, 1, n), ROWS);
        int parts = b.byteSize() < SERIAL_BYTES ? 1 : (n + rows - 1) / rows;
        if (parts == 1) part(0, n);
        else Parallel.forEach(parts, i -> part(i * rows, Math.min(n, (i + 1) * rows)));
    }

    /// Columns `from … to` of `c`.
    private void part(int from, int to) {
        Scratch own = Scratch.own();
        float[] x = own.row(m * k);
        float[] sums = own.sums(ROWS * L + ROWS);
        MemorySegment.copy(a, F32, 0, x, 0, m * k);
        boolean direct = dtype == DType.F32;
        boolean inRegisters = Decode.BLOCKS && m == 1 && dtype.blockSize() == 32;
        float[] rows = own.rows(ROWS * k);
        for (int j = from; j < to; j += ROWS) {
            int count = Math.min(ROWS, to - j);
            if (inRegisters) {
                for (int r = 0; r < count; r++) store(0, j + r, dotBlocks(x, j + r, sums));
                continue;
            }
            if (!direct) Decode.toFloats(b, dtype, (long) j * k, count * k, rows, 0);
            for (int i = 0; i < m; i++) {
                if (direct && count == ROWS) dot4(x, i * k, b, 4L * j * k, k, sums);
                else if (direct) copyAndDot(x, i * k, j, count, rows, sums);
                else dots(x, i * k, rows, k, count, sums);
                for (int r = 0; r < count; r++) store(i, j + r, sums[ROWS * L + r]);
            }
        }
    }

    private void copyAndDot(float[] x, int xAt, int j, int count, float[] rows, float[] sums) {
        MemorySegment.copy(b, F32, 4L * j * k, rows, 0, count * k);
        dots(x, xAt, rows, k, count, sums);
    }

    private void store(int i, int j, float sum) {
        long at = 4L * ((long) i * n + j);
        c.set(F32, at, alpha * sum + (accumulate ? c.get(F32, at) : 0));
    }

    private static void dot4(float[] x, int xAt, MemorySegment b, long bAt, int k, float[] sums) {
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        int whole = S.loopBound(k);
        for (int p = 0; p < whole; p += L) {
            FloatVector v = FloatVector.fromArray(S, x, xAt + p);
            s0 = v.fma(FloatVector.fromMemorySegment(S, b, bAt + 4L * p, LITTLE_ENDIAN), s0);
            s1 = v.fma(FloatVector.fromMemorySegment(S, b, bAt + 4L * k + 4L * p, LITTLE_ENDIAN), s1);
            s2 = v.fma(FloatVector.fromMemorySegment(S, b, bAt + 8L * k + 4L * p, LITTLE_ENDIAN), s2);
            s3 = v.fma(FloatVector.fromMemorySegment(S, b, bAt + 12L * k + 4L * p, LITTLE_ENDIAN), s3);
        }
        s0.intoArray(sums, 0);
        s1.intoArray(sums, L);
        s2.intoArray(sums, 2 * L);
        s3.intoArray(sums, 3 * L);
        for (int r = 0; r < ROWS; r++) {
            float tail = 0;
            for (int p = whole; p < k; p++)
                tail = Math.fma(x[xAt + p], b.get(F32, bAt + 4L * ((long) r * k + p)), tail);
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

    private float dotBlocks(float[] x, int row, float[] sums) {
        int blocks = k / 32;
        long at = (long) row * blocks * dtype.blockBytes();
        return switch (dtype) {
            case Q8_0 -> dotBytes(x, b, at, blocks, sums);
            default -> dotNibbles(x, b, at, blocks, dtype == DType.Q4_1, sums);
        };
    }

    private static float dotBytes(float[] x, MemorySegment b, long bAt, int blocks, float[] sums) {
        FloatVector s = FloatVector.zero(S);
        for (int i = 0; i < blocks; i++) {
            long at = bAt + 34L * i;
            FloatVector block = FloatVector.zero(S);
            for (int j = 0; j < 32; j += L) {
                FloatVector q = (FloatVector) ByteVector.fromMemorySegment(Decode.BYTES, b, at + 2 + j, LITTLE_ENDIAN)
                        .convertShape(VectorOperators.B2F, S, 0);
                block = q.fma(FloatVector.fromArray(S, x, 32 * i + j), block);
            }
            s = block.fma(FloatVector.broadcast(S, Decode.half(b, at)), s);
        }
        s.intoArray(sums, 0);
        return tree(sums, 0);
    }

    private static float dotNibbles(float[] x, MemorySegment b, long bAt, int blocks, boolean min, float[] sums) {
        FloatVector s0 = FloatVector.zero(S);
        FloatVector s1 = s0;
        int head = min ? 4 : 2;
        for (int i = 0; i < blocks; i++) {
            long at = bAt + (head + 16L) * i;
            float scale = Decode.half(b, at);
            FloatVector d = FloatVector.broadcast(S, scale);
            FloatVector m = FloatVector.broadcast(S, min ? Decode.half(b, at + 2) : -8 * scale);
            for (int j = 0; j < 16; j += L) {
                IntVector q = (IntVector) ByteVector.fromMemorySegment(Decode.BYTES, b, at + head + j, LITTLE_ENDIAN)
                        .convertShape(VectorOperators.ZERO_EXTEND_B2I, Decode.I, 0);
                FloatVector low = (FloatVector) q.and(15).convertShape(VectorOperators.I2F, S, 0);
                FloatVector high =
                        (FloatVector) q.lanewise(VectorOperators.LSHR, 4).convertShape(VectorOperators.I2F, S, 0);
                s0 = low.fma(d, m).fma(FloatVector.fromArray(S, x, 32 * i + j), s0);
                s1 = high.fma(d, m).fma(FloatVector.fromArray(S, x, 32 * i + 16 + j), s1);
            }
        }
        s0.add(s1).intoArray(sums, 0);
        return tree(sums, 0);
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
