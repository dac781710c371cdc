package dev.gradine.io;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;

/// Two tensors of a file that are one of Hugging Face's.
interface StoredPair {

    /// Both as one, a copy in `arena`.
    ///
    /// @throws IllegalArgumentException if they do not fit each other
    Tensor joined(Tensor first, Tensor second, Arena arena);

    /// One of the two out of both, a copy in `arena`.
    ///
    /// @param index 0 for the first, 1 for the second
    Tensor half(Tensor both, int index, Arena arena);

    /// Extents of one of the two.
    Shape half(Shape both, int index);
}
