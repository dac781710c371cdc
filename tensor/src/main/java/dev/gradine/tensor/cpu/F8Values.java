package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Decode.BYTES;
import static dev.gradine.tensor.cpu.Decode.I;
import static dev.gradine.tensor.cpu.Decode.L;
import static dev.gradine.tensor.cpu.Decode.S;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.ZERO_EXTEND_B2I;

import dev.gradine.tensor.CodeTable;
import dev.gradine.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;

/// Floating-point numbers of eight bits: the bits of exponent and mantissa, put where f32 has them, are the number but
/// for the exponent's bias, also where it is subnormal.
///
/// ```
/// E4M3   f = bits << 20 as f32 · 2^120        2^120: bias 127 less bias 7
/// E5M2   f = bits << 21 as f32 · 2^112
/// ```
///
/// What is no number or infinite becomes any: no model that holds it is opened.
final class F8Values {

    private static final float[] E4M3 = CodeTable.of(DType.F8_E4M3);
    private static final float[] E5M2 = CodeTable.of(DType.F8_E5M2);

    private F8Values() {}

    /// Writes `n` numbers from byte `first` on, each times `m`.
    static void read(MemorySegment data, long first, int n, DType type, float m, float[] to, int at) {
        boolean four = type == DType.F8_E4M3;
        int whole = Decode.BLOCKS ? S.loopBound(n) : 0;
        int shift = four ? 20 : 21;
        float unit = four ? 0x1p120f : 0x1p112f;
        for (int i = 0; i < whole; i += L) {
            IntVector b = (IntVector) ByteVector.fromMemorySegment(BYTES, data, first + i, LITTLE_ENDIAN)
                    .convertShape(ZERO_EXTEND_B2I, I, 0);
            IntVector bits = b.and(0x7f)
                    .lanewise(LSHL, IntVector.broadcast(I, shift))
                    .or(b.and(0x80).lanewise(LSHL, 24));
            bits.reinterpretAsFloats().mul(unit).mul(m).intoArray(to, at + i);
        }
        float[] table = four ? E4M3 : E5M2;
        for (int i = whole; i < n; i++) to[at + i] = table[data.get(ValueLayout.JAVA_BYTE, first + i) & 0xff] * m;
    }
}
