package dev.gradine.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// A matrix in host memory, turned over: the type stays, so not a bit of a value changes.
public final class Transposed {

    private Transposed() {}

    /// `[R,C] → [C,R]`, a copy that lives as long as it is used; of a tensor without memory, one without memory.
    ///
    /// @throws DTypeException if the type packs several values into one block, whose rows cannot become columns
    public static Tensor of(Tensor host) {
        DType type = host.dtype();
        if (type.blockSize() != 1 || type.hasScales()) {
            throw new DTypeException(
                    "transposed: %s, expected F32, F16 or BF16 (rows of blocks cannot become columns)".formatted(type));
        }
        int rows = host.shape().dim(0);
        int columns = host.shape().dim(1);
        if (!host.hasData()) return Tensor.withoutData(type, Shape.of(columns, rows));
        long width = type.bytes(1);
        MemorySegment from = host.data();
        MemorySegment to = Arena.ofAuto().allocate(from.byteSize(), Tensor.ALIGNMENT);
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                MemorySegment.copy(from, width * ((long) r * columns + c), to, width * ((long) c * rows + r), width);
            }
        }
        return new Tensor(to, type, Shape.of(columns, rows));
    }
}
