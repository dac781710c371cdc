package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Scales;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Weights of eight bits with one scale a row, as bitsandbytes 0.50 makes them for LLM.int8 (Dettmers et al. 2022,
/// arXiv:2208.07339, section 2: absmax quantisation, row by row).
///
/// ```
/// m_o = max |w_o|          q_oi = w_oi · (127 / m_o), to the nearest whole number, a tie to the even one
/// ```
///
/// w is rounded to f16 before, as bitsandbytes does it. A row of zeros has codes of zero.
public final class RowInt8 {

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private RowInt8() {}

    /// The codes of `w` and their scales, in host memory that lives as long as `arena`.
    ///
    /// @param w `[O,I]` in host memory, of any real type
    /// @throws DTypeException if `w` is of no real type, or has a value that f16 has not
    /// @throws ShapeException if it is no matrix
    public static Tensor quantise(Tensor w, Arena arena) {
        if (!w.dtype().isReal()) {
            throw new DTypeException("quantise: weight is %s, expected a real type".formatted(w.dtype()));
        }
        ShapeException.requireRank("quantise", "weight", w.shape(), 2);
        int rows = w.shape().dim(0);
        int columns = w.shape().dim(1);
        Tensor codes = Tensor.zeros(arena, DType.U8, Shape.of(w.size()));
        Tensor magnitudes = Tensor.zeros(arena, DType.F32, Shape.of(rows));
        RealValues values = RealValues.of(w);
        Parallel.forEach(rows, row -> {
            float[] x = ThreadArrays.floats(columns);
            values.read((long) row * columns, columns, x, 0);
            magnitudes.data().set(F32, 4L * row, row(x, columns, (long) row * columns, codes.data()));
        });
        for (int row = 0; row < rows; row++) requireFinite(magnitudes.data().get(F32, 4L * row), row);
        return Tensor.coded(codes, DType.INT8, w.shape(), new Scales(magnitudes, Math.max(1, columns)));
    }

    private static void requireFinite(float magnitude, int row) {
        if (Float.isFinite(magnitude)) return;
        throw new DTypeException(
                "quantise: row %d has a weight beyond 65504, expected one that f16 has, as INT8 reads it"
                        .formatted(row));
    }

    /// Writes the codes of a row from byte `at` on.
    ///
    /// @return its magnitude
    private static float row(float[] x, int n, long at, MemorySegment codes) {
        float magnitude = 0;
        for (int i = 0; i < n; i++) {
            x[i] = Float.float16ToFloat(Float.floatToFloat16(x[i]));
            magnitude = Math.max(magnitude, Math.abs(x[i]));
        }
        if (magnitude == 0) return 0;
        float factor = 127 / magnitude;
        for (int i = 0; i < n; i++) codes.set(ValueLayout.JAVA_BYTE, at + i, (byte) Math.rint(x[i] * factor));
        return magnitude;
    }
}
