package dev.gradine.tensor.cpu;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import dev.gradine.tensor.CodeTable;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Scales;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Weights of four bits, with the codes and scales that bitsandbytes 0.50 gives on a CPU (Dettmers et al. 2023,
/// arXiv:2305.14314, section 3).
///
/// ```
/// m_b = max |x|  over block b            q_i = the code whose number is nearest to x_i / m_b
/// ```
///
/// A tie goes to the smaller number. With double quantisation the magnitudes m become codes too: `DynamicCodes`.
public final class Quantise {

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE_ENDIAN);

    /// Blocks of at most this many values are one part: a multiple of every block.
    private static final int PART = 16_384;

    private static final float LEAST = 1e-38f; // stands for a magnitude of 0, whose reciprocal is infinite

    private final float[] bounds = new float[15]; // between the numbers, in ascending order
    private final byte[] order = new byte[16]; // the codes of the numbers in ascending order
    private final int block;

    private Quantise(DType type, int block) {
        this.block = block;
        float[] table = CodeTable.of(type);
        Integer[] ascending = new Integer[16];
        Arrays.setAll(ascending, i -> i);
        Arrays.sort(ascending, (a, b) -> table[a] == table[b] ? a - b : Float.compare(table[a], table[b]));
        for (int i = 0; i < 16; i++) order[i] = ascending[i].byteValue();
        for (int i = 0; i < 15; i++) bounds[i] = (table[ascending[i]] + table[ascending[i + 1]]) / 2;
    }

    /// The codes of `w` and their scales, in host memory that lives as long as `arena`.
    ///
    /// @param w host memory, of any real type
    /// @param type NF4 or FP4
    /// @param block values that share a magnitude, counted through all rows: a power of two from 32 to 4096
    /// @param isDouble whether the magnitudes become codes of eight bits
    /// @throws DTypeException if `w` is of no real type or `type` is another
    /// @throws dev.gradine.tensor.ShapeException if the block has another size
    public static Tensor quantise(Tensor w, DType type, int block, boolean isDouble, Arena arena) {
        if (!w.dtype().isReal()) {
            throw new DTypeException("quantise: weight is %s, expected a real type".formatted(w.dtype()));
        }
        if (type != DType.NF4 && type != DType.FP4) {
            throw new DTypeException("quantise: type is %s, expected NF4 or FP4".formatted(type));
        }
        Scales.requireBlock("quantise", block);
        int n = w.size();
        Tensor codes = Tensor.zeros(arena, DType.U8, Shape.of(Math.ceilDiv(n, 2)));
        Tensor magnitudes = Tensor.zeros(arena, DType.F32, Shape.of(Math.ceilDiv(n, block)));
        Quantise q = new Quantise(type, block);
        RealValues values = RealValues.of(w);
        Parallel.forEach(Math.ceilDiv(n, PART), part -> {
            int count = Math.min(PART, n - part * PART);
            float[] x = ThreadArrays.floats(PART + 1);
            values.read((long) part * PART, count, x, 0);
            q.part(x, count, (long) part * PART, codes.data(), magnitudes.data());
        });
        Scales scales = isDouble ? DynamicCodes.scales(magnitudes, block, arena) : new Scales(magnitudes, block);
        return Tensor.coded(codes, type, w.shape(), scales);
    }

    /// The codes of `w` in the type and the blocks that `like` has.
    ///
    /// @param w host memory, of any real type
    public static Tensor like(Tensor like, Tensor w, Arena arena) {
        if (like.dtype() == DType.INT8) return RowInt8.quantise(w, arena);
        Scales scales = like.scales();
        boolean isDouble = scales.magnitudes().dtype().hasScales();
        return quantise(w, like.dtype(), scales.block(), isDouble, arena);
    }

    /// Values `x[0 … n)`, which are values `first …` of the whole.
    private void part(float[] x, int n, long first, MemorySegment codes, MemorySegment magnitudes) {
        for (int from = 0; from < n; from += block) {
            int to = Math.min(n, from + block);
            magnitudes.set(F32, 4 * ((first + from) / block), scaleToOne(x, from, to));
        }
        x[n] = 0; // fills the last byte of an odd number of values
        for (int i = 0; i < n; i += 2) {
            codes.set(ValueLayout.JAVA_BYTE, (first + i) / 2, (byte) (code(x[i]) << 4 | code(x[i + 1])));
        }
    }

    /// Divides a block by its magnitude. A whole block is multiplied by the reciprocal, a short one divided: the last
    /// bits of the two differ, and a code may.
    ///
    /// @return the magnitude
    private float scaleToOne(float[] x, int from, int to) {
        float magnitude = 0;
        for (int i = from; i < to; i++) magnitude = Math.max(magnitude, Math.abs(x[i]));
        float divisor = Math.max(magnitude, LEAST);
        if (to - from < block) {
            for (int i = from; i < to; i++) x[i] = Math.clamp(x[i] / divisor, -1f, 1f);
            return divisor;
        }
        float reciprocal = 1 / divisor;
        for (int i = from; i < to; i++) x[i] = Math.clamp(x[i] * reciprocal, -1f, 1f);
        return magnitude;
    }

    /// The code of the number nearest to `x`: its rank is how many of the bounds lie below.
    private int code(float x) {
        int rank = x > bounds[7] ? 8 : 0;
        if (x > bounds[rank + 3]) rank += 4;
        if (x > bounds[rank + 1]) rank += 2;
        if (x > bounds[rank]) rank += 1;
        return order[rank];
    }
}
