package dev.gradine.tensor.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Packs columns of `B[K,N]` into panels `[column / width][K][width]`, decoded to f32, the last one padded with zeros.
final class Pack {

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final int L = MicroKernel.L;
    private static final int RUN = 128; // values of a row decoded at once: a panel's rows stay in a first-level cache
    private static final int ROWS = 16; // rows of b[K,N] in one part
    private static final int[] EVERY_RUN = multiples(RUN);
    private static final int[] EVERY_BLOCK = multiples(Gemm.MC);

    private final MemorySegment b;
    private final DType dtype;
    private final boolean transposed;
    private final int n;
    private final int k;
    private final int width;
    private final boolean direct; // b stands in for its panels
    private final MemorySegment panels;

    /// @param transposed whether `b` is `[N,K]`
    /// @param columns the most that are packed at once
    Pack(Tensor b, boolean transposed, int n, int k, int columns) {
        this.b = b.data();
        this.dtype = b.dtype();
        this.transposed = transposed;
        this.n = n;
        this.k = k;
        this.width = MicroKernel.width(n);
        this.direct = false;
        this.panels = Scratch.own().panels((long) Gemm.roundUp(columns, width) * k);
    }

    /// `b[K,N]` as it lies: nothing to pack.
    Pack(Tensor b, int n, int k) {
        this.b = b.data();
        this.dtype = b.dtype();
        this.transposed = false;
        this.n = n;
        this.k = k;
        this.width = MicroKernel.width(n);
        this.direct = true;
        this.panels = this.b;
    }

    /// Where column `j` of row `p` lies, counted from the first packed column, `from`; `j` begins a panel.
    long at(int j, int from, int p) {
        return 4 * (direct ? (long) p * n + from + j : (long) j * k + (long) p * width);
    }

    /// Bytes from one k to the next.
    long rowBytes() {
        return 4L * (direct ? n : width);
    }

    /// Columns of a panel.
    int width() {
        return width;
    }

    MemorySegment panels() {
        return panels;
    }

    /// How many parts packing columns `from … to` has.
    int parts(int from, int to) {
        if (direct) return 0;
        return transposed ? (to - from + width - 1) / width : (k + ROWS - 1) / ROWS;
    }

    /// Packs one part of columns `from … to`; the first panel begins at column `from`.
    void part(int index, int from, int to) {
        if (transposed) {
            columns(from + index * width, Math.min(to, from + (index + 1) * width), 4L * index * width * k);
        } else {
            rows(index * ROWS, Math.min(k, (index + 1) * ROWS), from, to);
        }
    }

    /// One panel from rows of `b[N,K]`.
    private void columns(int from, int to, long panelAt) {
        float[] decoded = Scratch.own().rows(2 * width * RUN);
        for (int p = 0; p < k; p += RUN) {
            int kc = Math.min(RUN, k - p);
            for (int j = 0; j < width; j++) {
                if (from + j < to) Decode.toFloats(b, dtype, (long) (from + j) * k + p, kc, decoded, j * RUN);
                else Arrays.fill(decoded, j * RUN, j * RUN + kc, 0);
            }
            for (int q = 0; q < kc; q++) {
                for (int j = 0; j < width; j += L) {
                    FloatVector.fromArray(MicroKernel.S, decoded, q + j * RUN, EVERY_RUN, 0)
                            .intoMemorySegment(panels, panelAt + 4L * ((p + q) * width + j), LITTLE_ENDIAN);
                }
            }
        }
    }

    /// Some rows of `b[K,N]`, spread over all panels. Panel by panel: the panels' distance is often a power of two, and
    /// row by row all writes would fall into one set of the cache.
    private void rows(int p0, int p1, int from, int to) {
        int padded = Gemm.roundUp(to - from, width);
        float[] decoded = Scratch.own().rows(ROWS * padded);
        for (int p = p0; p < p1; p++) {
            int at = (p - p0) * padded;
            Decode.toFloats(b, dtype, (long) p * n + from, to - from, decoded, at);
            Arrays.fill(decoded, at + to - from, at + padded, 0);
        }
        for (int j = 0; j < padded; j += width) {
            for (int p = p0; p < p1; p++) {
                long at = 4L * ((long) j * k + (long) p * width);
                for (int q = 0; q < width; q += L) {
                    FloatVector.fromArray(MicroKernel.S, decoded, (p - p0) * padded + j + q)
                            .intoMemorySegment(panels, at + 4L * q, LITTLE_ENDIAN);
                }
            }
        }
    }

    /// Columns `i0 …` of rows `p …` of `a[K,M]` as rows of a block of A.
    static void transpose(MemorySegment a, int m, int i0, int rows, int p, int kc, float[] to) {
        float[] block = Scratch.own().rows(MicroKernel.LDA * Gemm.MC);
        for (int q = 0; q < kc; q++) {
            MemorySegment.copy(a, F32, 4L * ((long) (p + q) * m + i0), block, q * Gemm.MC, rows);
        }
        for (int i = 0; i < rows; i++) {
            for (int q = 0; q < kc; q += L) { // reads past kc: within the block, never used
                FloatVector.fromArray(MicroKernel.S, block, i + q * Gemm.MC, EVERY_BLOCK, 0)
                        .intoArray(to, i * MicroKernel.LDA + q);
            }
        }
    }

    private static int[] multiples(int step) {
        int[] index = new int[L];
        for (int i = 0; i < L; i++) index[i] = i * step;
        return index;
    }
}
