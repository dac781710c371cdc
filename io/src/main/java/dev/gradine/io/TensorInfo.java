package dev.gradine.io;

import java.util.List;

/// One line of a weight file's table of contents.
///
/// @param name as the file spells it
/// @param dtype as the file's format spells it, such as `BF16` or `Q4_K`; not every one can be loaded
/// @param shape extents, outermost first
/// @param bytes length of the values in the file
public record TensorInfo(String name, String dtype, List<Long> shape, long bytes) {

    /// @param shape copied
    public TensorInfo {
        shape = List.copyOf(shape);
    }

    /// Number of values.
    public long values() {
        return Extents.product(shape);
    }
}
