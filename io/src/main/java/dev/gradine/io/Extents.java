package dev.gradine.io;

import dev.gradine.tensor.Shape;
import java.nio.file.Path;
import java.util.List;

/// Extents as files give them, before they are known to be a `Shape`.
final class Extents {

    /// More values than any file holds, and few enough that 64 bits of each can be counted in a `long`.
    private static final long MAX_VALUES = 1L << 56;

    private Extents() {}

    /// Number of values of extents that `values` has accepted.
    static long product(List<Long> dims) {
        long n = 1;
        for (long d : dims) n *= d;
        return n;
    }

    /// Number of values.
    ///
    /// @throws CheckpointException if an extent is negative or the product is beyond all reason
    static long values(Path file, String name, List<Long> dims) {
        for (long d : dims) {
            if (d < 0) {
                throw new CheckpointException(
                        file, "tensor %s: shape is %s, expected no negative extent".formatted(name, dims));
            }
        }
        if (dims.contains(0L)) return 0;
        long n = 1;
        for (long d : dims) {
            if (d > MAX_VALUES / n) {
                throw new CheckpointException(
                        file, "tensor %s: shape is %s, expected at most 2^56 values".formatted(name, dims));
            }
            n *= d;
        }
        return n;
    }

    /// The extents as the shape of a tensor that can be loaded.
    ///
    /// @throws CheckpointException if there are more than six or they hold 2³¹ values or more
    static Shape shape(Path file, TensorInfo t) {
        List<Long> dims = t.shape();
        if (dims.size() > 6) {
            throw new CheckpointException(
                    file, "tensor %s: shape is %s, expected at most 6 axes".formatted(t.name(), dims));
        }
        boolean wide = dims.stream().anyMatch(d -> d > Integer.MAX_VALUE);
        if (wide || t.values() > Integer.MAX_VALUE) {
            throw new CheckpointException(
                    file, "tensor %s: shape is %s, expected fewer than 2^31 values".formatted(t.name(), dims));
        }
        return Shape.of(dims.stream().mapToInt(Math::toIntExact).toArray());
    }
}
