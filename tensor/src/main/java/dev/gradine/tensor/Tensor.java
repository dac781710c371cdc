package dev.gradine.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Dense, row-major, contiguous values over memory that someone else owns.
///
/// A tensor is a view: it never frees anything, and two tensors may share memory. On a device whose memory the CPU
/// cannot see, `data` is an address only that device may follow; so nothing above this module touches `data`, and
/// values reach the host by `Kernels.download` alone.
///
/// A tensor is in one of three states. It holds memory. Or its memory was released to serve others: then `data` is an
/// error, here and in every view, until `moveTo` gives it the memory of another tensor. Or the lifetime it was
/// allocated in is over: then every access is an error for good.
public final class Tensor {

    /// Alignment of all memory allocated here, in bytes: one cache line, one AVX-512 vector.
    public static final long ALIGNMENT = 64;

    private final DType dtype;
    private final Shape shape;
    private final @Nullable Tensor of; // of a view: the tensor that has the memory
    private final long offset; // of a view: its first byte there
    private @Nullable MemorySegment data; // null once released, and in views

    /// A view of `data`.
    ///
    /// @param data exactly as many bytes as the values need
    /// @throws ShapeException if `data` has another size than the values need
    public Tensor(MemorySegment data, DType dtype, Shape shape) {
        requireBytes(data.byteSize(), dtype, shape);
        this.data = data;
        this.dtype = dtype;
        this.shape = shape;
        this.of = null;
        this.offset = 0;
    }

    private Tensor(Tensor of, long offset, DType dtype, Shape shape) {
        this.data = null;
        this.dtype = dtype;
        this.shape = shape;
        this.of = of;
        this.offset = offset;
    }

    private static void requireBytes(long bytes, DType dtype, Shape shape) {
        long expected = dtype.bytes(shape.size());
        if (bytes != expected) {
            throw new ShapeException("tensor: %d bytes, expected %d for %s%s".formatted(bytes, expected, dtype, shape));
        }
    }

    /// Host memory of zeros, for tests and set-up; it lives as long as `arena`.
    public static Tensor zeros(Arena arena, DType dtype, Shape shape) {
        return new Tensor(arena.allocate(dtype.bytes(shape.size()), ALIGNMENT), dtype, shape);
    }

    /// An f32 host tensor of the given values.
    public static Tensor of(Arena arena, Shape shape, float... values) {
        Tensor t = zeros(arena, DType.F32, shape);
        MemorySegment.copy(values, 0, t.data(), JAVA_FLOAT_UNALIGNED, 0, shape.size());
        return t;
    }

    /// An i32 host tensor of the given values.
    public static Tensor of(Arena arena, Shape shape, int... values) {
        Tensor t = zeros(arena, DType.I32, shape);
        MemorySegment.copy(values, 0, t.data(), JAVA_INT_UNALIGNED, 0, shape.size());
        return t;
    }

    /// The memory, exactly as long as the values; read-only for mapped weights.
    ///
    /// @throws IllegalStateException if it was released
    public MemorySegment data() {
        if (of != null) return of.data().asSlice(offset, bytes());
        MemorySegment d = data;
        if (d == null) {
            throw new IllegalStateException(
                    "tensor: " + this + " was released, expected one that still holds its memory");
        }
        return d;
    }

    /// Whether it holds memory, that is, was not released.
    public boolean hasData() {
        return whole().data != null;
    }

    /// The tensor whose memory this is: itself, or what it is a view of.
    public Tensor whole() {
        return of == null ? this : of;
    }

    /// Takes the memory away from this tensor and all views of it. For devices, whose `release` this is a part of.
    ///
    /// @return what it was
    /// @throws IllegalArgumentException if this is a view of a part of another tensor
    public MemorySegment takeData() {
        if (bytes() != whole().bytes()) {
            throw new IllegalArgumentException(
                    "release: " + this + " is a part of " + whole() + ", expected a whole tensor");
        }
        MemorySegment taken = data();
        whole().data = null;
        return taken;
    }

    /// Gives the memory of this tensor, and so its values, to `released`; this one is without memory then.
    ///
    /// @throws ShapeException if the shapes differ
    /// @throws IllegalStateException if `released` holds memory
    public void moveTo(Tensor released) {
        ShapeException.require("move", "tensor", shape, released.shape, "shape of the released one");
        if (released.of != null || released.dtype != dtype || released.hasData()) {
            String state = released.hasData() ? " that holds memory" : " that is a view";
            throw new IllegalStateException(
                    "move: to " + released + state + ", expected a released tensor like " + this);
        }
        released.data = takeData();
    }

    /// Bytes of the values.
    public long bytes() {
        return dtype.bytes(shape.size());
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
        requireBytes(bytes(), dtype, other);
        return new Tensor(whole(), offset, dtype, other);
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
        long rowBytes = dims[0] == 0 ? 0 : bytes() / dims[0];
        dims[0] = to - from;
        Shape part = Shape.of(dims);
        requireBytes((to - from) * rowBytes, dtype, part);
        return new Tensor(whole(), offset + from * rowBytes, dtype, part);
    }

    /// Whether the two start at the same address, as a tensor and its reshaped view do.
    public boolean sharesMemoryWith(Tensor other) {
        return bytes() == other.bytes() && data().address() == other.data().address();
    }

    @Override
    public String toString() {
        return dtype + shape.toString();
    }
}
