package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.Tensor;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/// Packs a stage of `B[K,N]` into panels `[column / width][row][width]`, decoded to f32, the last one padded with
/// zeros.
final class Pack {

    private static final int L = MicroKernel.L;
    private static final int RUN = 128; // values of a row decoded at once: a panel's rows stay in a first-level cache
    private static final int ROWS = 16; // rows of b[K,N] in one part
    private static final int[] EVERY_RUN = multiples(RUN);

    private final RealValues b;
    private final boolean transposed;
    private final int n;
    private final int k;
    private final int width;

    /// @param transposed whether `b` is `[N,K]`
    Pack(Tensor b, boolean transposed, int n, int k, int width) {
        this.b = RealValues.of(b);
        this.transposed = transposed;
        this.n = n;
        this.k = k;
        this.width = width;
    }

    /// How many parts packing a stage has.
    int parts(GemmTerm.Stage s) {
        return transposed ? (s.to() - s.from() + width - 1) / width : (s.depth() + ROWS - 1) / ROWS;
    }

    /// Packs one part.
    void part(GemmTerm.Stage s, int index) {
        if (transposed) columns(s, s.from() + index * width);
        else rows(s, s.p0() + index * ROWS, Math.min(s.p1(), s.p0() + (index + 1) * ROWS));
    }

    /// The panel that begins with column `j`, from rows of `b[N,K]`.
    private void columns(GemmTerm.Stage s, int j) {
        float[] decoded = Scratch.own().rows(2 * width * RUN);
        int count = Math.min(width, s.to() - j);
        for (int p = s.p0(); p < s.p1(); p += RUN) {
            int kc = Math.min(RUN, s.p1() - p);
            for (int i = 0; i < count; i++) b.read((long) (j + i) * k + p, kc, decoded, i * RUN);
            Arrays.fill(decoded, count * RUN, width * RUN, 0);
            long to = s.at(j, p);
            for (int q = 0; q < kc; q++) {
                for (int i = 0; i < width; i += L) {
                    FloatVector.fromArray(MicroKernel.S, decoded, q + i * RUN, EVERY_RUN, 0)
                            .intoMemorySegment(MEMORY, to + 4L * (q * width + i), LITTLE_ENDIAN);
                }
            }
        }
    }

    /// Some rows of `b[K,N]`, spread over all panels. Panel by panel: the panels' distance is often a power of two, and
    /// row by row all writes would fall into one set of the cache.
    private void rows(GemmTerm.Stage s, int p0, int p1) {
        int columns = s.to() - s.from();
        int padded = Gemm.roundUp(columns, width);
        float[] decoded = Scratch.own().rows(ROWS * padded);
        for (int p = p0; p < p1; p++) {
            int at = (p - p0) * padded;
            b.read((long) p * n + s.from(), columns, decoded, at);
            Arrays.fill(decoded, at + columns, at + padded, 0);
        }
        for (int j = 0; j < padded; j += width) {
            long to = s.at(s.from() + j, p0);
            for (int p = 0; p < p1 - p0; p++) {
                for (int q = 0; q < width; q += L) {
                    FloatVector.fromArray(MicroKernel.S, decoded, p * padded + j + q)
                            .intoMemorySegment(MEMORY, to + 4L * (p * width + q), LITTLE_ENDIAN);
                }
            }
        }
    }

    static int[] multiples(int step) {
        int[] index = new int[L];
        for (int i = 0; i < L; i++) index[i] = i * step;
        return index;
    }
}
