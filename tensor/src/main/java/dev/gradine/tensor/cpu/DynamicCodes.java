package dev.gradine.tensor.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.CodeTable;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Scales;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Magnitudes of blocks as codes of eight bits: the second half of double quantisation (Dettmers et al. 2023,
/// arXiv:2305.14314, section 3), with the codes that bitsandbytes 0.50 gives on a CPU.
///
/// ```
/// offset = mean(m)       M_c = max |m − offset| over 256 of them       q = nearest[(m − offset) / M_c]
/// ```
///
/// `nearest` is a table over 65,536 equal steps of [−1, 1]. A value takes the code of the nearest step, which is not
/// always the code nearest to the value. Magnitudes must be finite.
final class DynamicCodes {

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);
    private static final int BLOCK = 256;
    private static final int LAST_STEP = 65_535;
    private static final byte[] NEAREST = nearest();

    private DynamicCodes() {}

    private static byte[] nearest() {
        float[] table = CodeTable.of(DType.DYNAMIC8);
        byte[] nearest = new byte[LAST_STEP + 1];
        int code = 0;
        for (int step = 0; step <= LAST_STEP; step++) {
            float x = -1 + 2f * step / LAST_STEP;
            while (code < table.length - 1 && 0.5f * (table[code] + table[code + 1]) < x) code++;
            nearest[step] = (byte) code;
        }
        return nearest;
    }

    /// Scales of blocks of `block` values whose magnitudes, f32, become codes.
    static Scales scales(Tensor magnitudes, int block, Arena arena) {
        int n = magnitudes.size();
        float[] m = new float[n];
        MemorySegment.copy(magnitudes.data(), F32, 0, m, 0, n);
        float offset = n == 0 ? 0 : TorchSum.of(m) / n;
        Tensor codes = Tensor.zeros(arena, DType.U8, Shape.of(n));
        float[] largest = new float[Math.ceilDiv(n, BLOCK)];
        for (int c = 0; c < largest.length; c++) {
            int end = Math.min(n, (c + 1) * BLOCK);
            for (int i = c * BLOCK; i < end; i++) largest[c] = Math.max(largest[c], Math.abs(m[i] - offset));
            if (largest[c] == 0) continue; // the code is 0, which stands for no deviation here as every code does
            float reciprocal = 1 / largest[c];
            for (int i = c * BLOCK; i < end; i++) {
                codes.data().set(ValueLayout.JAVA_BYTE, i, code((m[i] - offset) * reciprocal));
            }
        }
        Tensor nested = Tensor.of(arena, Shape.of(largest.length), largest);
        Scales ofMagnitudes = new Scales(nested, BLOCK, offset);
        return new Scales(Tensor.coded(codes, DType.DYNAMIC8, Shape.of(n), ofMagnitudes), block);
    }

    private static byte code(float x) {
        float inside = Math.clamp(x, -1f, 1f);
        return NEAREST[(int) ((inside + 1) * 0.5f * LAST_STEP + 0.5f)];
    }
}
