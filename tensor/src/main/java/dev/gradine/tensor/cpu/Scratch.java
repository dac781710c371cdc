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

    /// Four vectors of zeros.
    static final long ZEROS =
            Arena.global().allocate(4L * 4 * Vectors.LANES, Tensor.ALIGNMENT).address();

    private MemorySegment panels = MemorySegment.NULL;
    private MemorySegment morePanels = MemorySegment.NULL;
    private MemorySegment narrowPanels = MemorySegment.NULL;
    private MemorySegment ownPanels = MemorySegment.NULL;
    private MemorySegment swapped = MemorySegment.NULL;
    private MemorySegment columns = MemorySegment.NULL;
    private MemorySegment results = MemorySegment.NULL;
    private MemorySegment weights = MemorySegment.NULL;
    private final MemorySegment tile =
            Arena.ofAuto().allocate(4L * MicroKernel.TALLEST * MicroKernel.WIDEST, Tensor.ALIGNMENT);
    private final GemmTerm.Rows left = new GemmTerm.Rows();
    private final GemmTerm.Rows moreLeft = new GemmTerm.Rows();
    private float[] row = {};
    private float[] sums = {};
    private float[] rows = {};
    private float[] turned = {};

    private Scratch() {}

    /// That of the current thread.
    static Scratch own() {
        return OWN.get();
    }

    /// Address of at least `floats` values for panels that all threads share: outside the heap and aligned to a cache
    /// line, as vector loads want them.
    long panels(long floats) {
        panels = atLeast(panels, floats);
        return panels.address();
    }

    /// The same for a second term.
    long morePanels(long floats) {
        morePanels = atLeast(morePanels, floats);
        return morePanels.address();
    }

    /// The same for a product beside the main one.
    long narrowPanels(long floats) {
        narrowPanels = atLeast(narrowPanels, floats);
        return narrowPanels.address();
    }

    /// The same for panels of this thread alone.
    long ownPanels(long floats) {
        ownPanels = atLeast(ownPanels, floats);
        return ownPanels.address();
    }

    /// Rows of a product that is computed transposed.
    long swapped(long floats) {
        swapped = atLeast(swapped, floats);
        return swapped.address();
    }

    /// What lies under the windows of a convolution.
    long columns(long floats) {
        columns = atLeast(columns, floats);
        return columns.address();
    }

    /// Results of a convolution, channel by channel.
    long results(long floats) {
        results = atLeast(results, floats);
        return results.address();
    }

    /// Weights of a convolution, decoded.
    long weights(long floats) {
        weights = atLeast(weights, floats);
        return weights.address();
    }

    /// A tile at the edge of a product.
    long tile() {
        return tile.address();
    }

    private static MemorySegment atLeast(MemorySegment s, long floats) {
        return s.byteSize() >= 4 * floats ? s : Arena.ofAuto().allocate(4 * floats, Tensor.ALIGNMENT);
    }

    /// A block of the left operand.
    GemmTerm.Rows left() {
        return left;
    }

    /// That of a second term.
    GemmTerm.Rows moreLeft() {
        return moreLeft;
    }

    /// A row of the left operand of `Gemv`.
    float[] row(int floats) {
        if (row.length < floats) row = new float[floats];
        return row;
    }

    /// Partial sums of dot products.
    float[] sums(int floats) {
        if (sums.length < floats) sums = new float[floats];
        return sums;
    }

    /// Rows of the left operand being transposed.
    float[] turned(int floats) {
        if (turned.length < floats) turned = new float[floats];
        return turned;
    }

    /// Rows being decoded.
    float[] rows(int floats) {
        if (rows.length < floats) rows = new float[floats];
        return rows;
    }
}
