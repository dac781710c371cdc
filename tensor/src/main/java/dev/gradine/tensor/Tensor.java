package dev.gradine.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Dense, row-major, contiguous values over memory that someone else owns.
///
/// A tensor is a view: it never frees anything, and two tensors may share memory. On a device whose memory the CPU
/// cannot see, `data` is an address only that device may follow; so nothing above this module touches `data`, and
/// values reach the host by `Kernels.download` alone.
public final class Tensor {

    /// Alignment of all memory allocated here, in bytes: one cache line, one AVX-512 vector.
    public static final long ALIGNMENT = 64;

    private final MemorySegment data;
    private final DType dtype;
    private final Shape shape;

    /// A view of `data`.
    ///
    /// @param data exactly as many bytes as the values need
    /// @throws ShapeException if `data` has another size than the values need
    public Tensor(MemorySegment data, DType dtype, Shape shape) {
        if (data.byteSize() != dtype.bytes(shape.size())) {
            throw new ShapeException("tensor: %d bytes, expected %d for %s%s"
                    .formatted(data.byteSize(), dtype.bytes(shape.size()), dtype, shape));
        }
        this.data = data;
        this.dtype = dtype;
        this.shape = shape;
    }

    /// Host memory of zeros, for tests and set-up; it lives as long as `arena`.
    public static Tensor zeros(Arena arena, DType dtype, Shape shape) {
        return new Tensor(arena.allocate(dtype.bytes(shape.size()), ALIGNMENT), dtype, shape);
    }

    /// An f32 host tensor of the given values.
    public static Tensor of(Arena arena, Shape shape, float... values) {
        Tensor t = zeros(arena, DType.F32, shape);
        MemorySegment.copy(values, 0, t.data, JAVA_FLOAT_UNALIGNED, 0, shape.size());
        return t;
    }

    /// An i32 host tensor of the given values.
    public static Tensor of(Arena arena, Shape shape, int... values) {
        Tensor t = zeros(arena, DType.I32, shape);
        MemorySegment.copy(values, 0, t.data, JAVA_INT_UNALIGNED, 0, shape.size());
        return t;
    }

    /// The memory, exactly as long as the values; read-only for mapped weights.
    public MemorySegment data() {
        return data;
    }

    /// Element type.
    public DType dtype() {
        return dtype;
    }

    /// Extents.
    public Shape shape() {
        return shape;
    }

    /// Number of values.
    public int size() {
        return shape.size();
    }

    /// The same values under another shape of the same size.
    public Tensor reshape(Shape other) {
        return new Tensor(data, dtype, other);
    }

    /// A view of rows `from` (inclusive) to `to` (exclusive) of the outermost axis.
    ///
    /// @throws ShapeException if the range does not lie within the axis
    public Tensor rows(int from, int to) {
        if (from < 0 || from > to || to > shape.dim(0)) {
            throw new ShapeException(
                    "rows: [%d, %d) of %s, expected a range within %d".formatted(from, to, shape, shape.dim(0)));
        }
        int[] dims = shape.toArray();
        long rowBytes = dims[0] == 0 ? 0 : data.byteSize() / dims[0];
        dims[0] = to - from;
        return new Tensor(data.asSlice(from * rowBytes, (to - from) * rowBytes), dtype, Shape.of(dims));
    }

    /// Whether the two start at the same address, as a tensor and its reshaped view do.
    public boolean sharesMemoryWith(Tensor other) {
        return data.address() == other.data.address() && data.byteSize() == other.data.byteSize();
    }

    @Override
    public String toString() {
        return dtype + shape.toString();
    }
}
