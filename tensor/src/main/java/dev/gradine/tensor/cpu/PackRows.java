package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;

/// Packs rows of `alpha · A[M,K]` for one tile: `[k][rows of the tile]`, in an array.
final class PackRows {

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final int L = MicroKernel.L;
    private static final int RUN = 272; // values of a row turned at once; 17 lines, so that rows lie in different sets
    private static final int[] EVERY_RUN = Pack.multiples(RUN);

    private final long a;
    private final boolean transposed;
    private final int m;
    private final int k;
    private final float alpha;

    /// @param transposed whether `a` is `[K,M]`
    PackRows(Tensor a, boolean transposed, float alpha) {
        this.a = Native.address(a);
        this.transposed = transposed;
        this.m = a.shape().dim(transposed ? 1 : 0);
        this.k = a.shape().dim(transposed ? 0 : 1);
        this.alpha = alpha;
    }

    /// Rows `i … i + h` and columns `p … p + kc`. What stands for rows beyond them is never used; up to L
    /// values behind the last one are overwritten.
    ///
    /// @param height rows of the tile, at most L
    void pack(int i, int h, int height, int p, int kc, float[] to, int at) {
        if (transposed) {
            for (int q = 0; q < kc; q++) line(i, h, p + q, to, at + q * height);
            return;
        }
        float[] rows = Scratch.own().turned((MicroKernel.TALLEST + L) * RUN);
        for (int q = 0; q < kc; q += RUN) {
            int n = Math.min(RUN, kc - q);
            for (int r = 0; r < h; r++) {
                MemorySegment.copy(MEMORY, F32, a + 4L * ((long) (i + r) * k + p + q), rows, r * RUN, n);
            }
            turn(rows, n, height, alpha, to, at + q * height);
        }
    }

    /// Each store writes L values and the next one overwrites those beyond the tile's rows.
    private static void turn(float[] rows, int n, int height, float alpha, float[] to, int at) {
        for (int q = 0; q < n; q++) {
            FloatVector.fromArray(MicroKernel.S, rows, q, EVERY_RUN, 0)
                    .mul(alpha)
                    .intoArray(to, at + q * height);
        }
    }

    /// Values `i … i + h` of row `p` of `a[K,M]`, which lie side by side.
    private void line(int i, int h, int p, float[] to, int at) {
        long first = (long) p * m + i;
        if (first + L <= (long) m * k) {
            FloatVector.fromMemorySegment(MicroKernel.S, MEMORY, a + 4 * first, LITTLE_ENDIAN)
                    .mul(alpha)
                    .intoArray(to, at);
            return;
        }
        for (int r = 0; r < h; r++) to[at + r] = alpha * MEMORY.get(F32, a + 4 * (first + r));
    }
}
