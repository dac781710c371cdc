package dev.gradine.io;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Another order of the rows of a tensor than Hugging Face's. Whole rows move, so block formats, whose
/// blocks lie along a row, come out as exact as they went in.
@FunctionalInterface
interface StoredRows extends StoredChange {

    /// Where a row of Hugging Face's order lies in the file.
    ///
    /// @param rows how many there are
    int stored(int row, int rows);

    /// Rows of q or k of the original Llama, whose rotary embedding turns neighbours where Hugging Face
    /// turns halves. For every head of D rows
    ///
    /// ```
    /// row i        ← row 2i
    /// row i + D/2  ← row 2i + 1
    /// ```
    ///
    /// @param heads divides the rows evenly, into an even number each
    static StoredRows pairs(int heads) {
        return (row, rows) -> {
            int head = rows / heads;
            int half = head / 2;
            int i = row % head;
            return row - i + (i < half ? 2 * i : 2 * (i - half) + 1);
        };
    }

    /// Rows of a layer for queries, keys and values: side by side for each key head, or apart in the file.
    ///
    /// ```
    /// [q … q k v | q … q k v | …]  ←  [q … q … | k k … | v v …]
    /// ```
    ///
    /// @param heads query heads, a multiple of the key heads
    static StoredRows groups(int heads, int keyHeads) {
        return (row, rows) -> {
            int size = rows / (heads + 2 * keyHeads);
            int queries = heads / keyHeads * size;
            int group = row / (queries + 2 * size);
            int i = row % (queries + 2 * size);
            if (i < queries) return group * queries + i;
            int keys = heads * size + group * size + i - queries;
            return i < queries + size ? keys : keys + (keyHeads - 1) * size;
        };
    }

    /// Rows of heads of values, those of one key head side by side, or in the file apart: first one of each key head,
    /// then the next.
    ///
    /// ```
    /// k₀v₀ k₀v₁ k₁v₀ k₁v₁  ←  k₀v₀ k₁v₀ k₀v₁ k₁v₁
    /// ```
    ///
    /// @param first rows before them, which stay
    /// @param values heads of values, a multiple of the key heads
    static StoredRows tiled(int first, int keys, int values) {
        return (row, rows) -> {
            if (row < first) return row;
            int size = (rows - first) / values;
            int head = (row - first) / size;
            int each = values / keys;
            return first + (head % each * keys + head / each) * size + (row - first) % size;
        };
    }

    /// Rows of queries, keys, values and gates: side by side for each key head, or apart in the file.
    ///
    /// ```
    /// [q k v z | q k v z | …]  ←  [q q … | k k … | v v … | z z …]
    /// ```
    ///
    /// @param width rows of one key
    static StoredRows parts(int keys, int width) {
        return (row, rows) -> {
            int head = row / (rows / keys);
            int i = row % (rows / keys);
            int value = rows / keys / 2 - width;
            if (i < 2 * width) return (i / width * keys + head) * width + i % width;
            int behind = i - 2 * width;
            return 2 * keys * width + (behind / value * keys + head) * value + behind % value;
        };
    }

    @Override
    default Tensor undone(Tensor stored, Arena arena) {
        return moved(stored, arena, true);
    }

    @Override
    default Tensor done(Tensor own, Arena arena) {
        return moved(own, arena, false);
    }

    private Tensor moved(Tensor t, Arena arena, boolean isBack) {
        Shape shape = t.shape();
        int rows = shape.dim(0);
        long rowBytes = t.data().byteSize() / rows;
        MemorySegment out = arena.allocate(t.data().byteSize(), Tensor.ALIGNMENT);
        for (int row = 0; row < rows; row++) {
            long other = stored(row, rows);
            MemorySegment.copy(
                    t.data(), (isBack ? other : row) * rowBytes, out, (isBack ? row : other) * rowBytes, rowBytes);
        }
        return new Tensor(out, t.dtype(), shape);
    }
}
