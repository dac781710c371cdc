package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Working memory of one thread for matrix products, kept from call to call so that a warm call allocates nothing.
///
/// The buffers only grow. Each has one user at a time: `panels` the call that runs on this thread, the others the
/// part of a call.
final class Scratch {

    private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(Scratch::new);

    private MemorySegment panels = MemorySegment.NULL;
    private float[] left = {};
    private float[] tile = {};
    private float[] rows = {};

    private Scratch() {}

    /// That of the current thread.
    static Scratch own() {
        return OWN.get();
    }

    /// At least `floats` values, aligned to a cache line and outside the heap, as vector loads want them.
    MemorySegment panels(long floats) {
        if (panels.byteSize() < 4 * floats) {
            panels = Arena.ofAuto().allocate(4 * floats, Tensor.ALIGNMENT);
        }
        return panels;
    }

    /// A block of the left operand.
    float[] left(int floats) {
        if (left.length < floats) left = new float[floats];
        return left;
    }

    /// A tile of the product, or the partial sums of dot products.
    float[] tile(int floats) {
        if (tile.length < floats) tile = new float[floats];
        return tile;
    }

    /// Rows being decoded or transposed.
    float[] rows(int floats) {
        if (rows.length < floats) rows = new float[floats];
        return rows;
    }
}
