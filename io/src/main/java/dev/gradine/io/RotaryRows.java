package dev.gradine.io;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Rows of q and k, from the order of the original Llama to Hugging Face's, and back.
///
/// Rotary embedding turns pairs of values of a head. The original pairs neighbours, rows 2i and 2i + 1; Hugging Face
/// pairs halves, rows i and i + D/2. So for every head of D rows
///
/// ```
/// row i        ← row 2i
/// row i + D/2  ← row 2i + 1
/// ```
///
/// Whole rows move, so block formats, whose blocks lie along a row, come out as exact as they went in.
final class RotaryRows {

    private RotaryRows() {}

    /// A copy in `arena`.
    ///
    /// @param heads divides the rows evenly, into an even number each
    static Tensor toHalves(Tensor stored, int heads, Arena arena) {
        return moved(stored, heads, arena, false);
    }

    /// The way back: the order of the original Llama, which llama.cpp computes with. A copy in `arena`.
    static Tensor toPairs(Tensor halves, int heads, Arena arena) {
        return moved(halves, heads, arena, true);
    }

    private static Tensor moved(Tensor stored, int heads, Arena arena, boolean back) {
        Shape shape = stored.shape();
        int headRows = shape.dim(0) / heads;
        int half = headRows / 2;
        long rowBytes = stored.data().byteSize() / shape.dim(0);
        MemorySegment out = arena.allocate(stored.data().byteSize(), Tensor.ALIGNMENT);
        for (int to = 0; to < shape.dim(0); to++) {
            int inHead = to % headRows;
            int from = to - inHead + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1);
            long read = back ? to : from;
            long written = back ? from : to;
            MemorySegment.copy(stored.data(), read * rowBytes, out, written * rowBytes, rowBytes);
        }
        return new Tensor(out, stored.dtype(), shape);
    }
}
