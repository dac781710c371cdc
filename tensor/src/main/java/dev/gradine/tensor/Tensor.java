package dev.gradine.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Dense, row-major, contiguous values over memory that someone else owns.
///
/// A tensor is a view: it never frees anything, and two tensors may share memory. On a device whose memory the CPU
/// cannot see, `data` is an address only that device may follow; so nothing above this module touches `data`, and
/// values reach the host by `Kernels.download` alone.
///
/// A tensor of a type with scales (`DType.hasScales`) holds codes in `data` and has the scales beside them, in another
/// tensor that lives as long.
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
    private final @Nullable Scales scales; // of codes: what they are multiplied by
    private @Nullable MemorySegment data; // null once released, and in views

    /// A view of `data`.
    ///
    /// @param data exactly as many bytes as the values need
    /// @throws ShapeException if `data` has another size than the values need
    /// @throws DTypeException if the type has scales: see `coded`
    public Tensor(MemorySegment data, DType dtype, Shape shape) {
        if (dtype.hasScales()) {
            throw new DTypeException("tensor: %s%s without scales, expected Tensor.coded".formatted(dtype, shape));
        }
        requireBytes(data.byteSize(), dtype, shape);
        this.data = data;
        this.dtype = dtype;
        this.shape = shape;
        this.of = null;
        this.offset = 0;
        this.scales = null;
    }

    private Tensor(Tensor of, long offset, DType dtype, Shape shape, @Nullable Scales scales) {
        this.data = null;
        this.dtype = dtype;
        this.shape = shape;
        this.of = of;
        this.offset = offset;
        this.scales = scales;
    }

    /// The bytes of `codes` as values of a type with scales.
    ///
    /// @param codes u8, as many as the values need
    /// @throws ShapeException if there are more or fewer codes, or magnitudes, than the values need
    /// @throws DTypeException if `codes` is not U8 or `dtype` has no scales
    public static Tensor coded(Tensor codes, DType dtype, Shape shape, Scales scales) {
        DTypeException.require("tensor", "codes", codes, DType.U8);
        requireBytes(codes.bytes(), dtype, shape);
        scales.requireFor(dtype, shape);
        return new Tensor(codes.whole(), codes.offset, dtype, shape, scales);
    }

    /// A tensor of no memory, as if it had been released: only its type and shape can be asked for. For planning with
    /// models that are larger than the machine.
    public static Tensor withoutData(DType dtype, Shape shape) {
        return new Tensor(dtype, shape);
    }

    private Tensor(DType dtype, Shape shape) {
        this.dtype = dtype;
        this.shape = shape;
        this.of = null;
        this.offset = 0;
        this.scales = null;
        this.data = null;
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
        if (of != null)
            return offset == 0 && bytes() == of.bytes() ? of.data() : of.data().asSlice(offset, bytes());
        MemorySegment d = data;
        if (d == null) {
            throw new IllegalStateException(
                    "tensor: " + this + " was released, expected one that still holds its memory");
        }
        return d;
    }

    /// The values of an f32 tensor in host memory.
    ///
    /// @throws IllegalArgumentException if it is of another type
    public float[] toFloats() {
        if (dtype != DType.F32) throw new IllegalArgumentException("tensor: " + this + ", expected f32");
        return data().toArray(JAVA_FLOAT_UNALIGNED);
    }

    /// Whether another tensor in host memory has the same type, shape and bytes.
    public boolean isSameAs(Tensor other) {
        return dtype == other.dtype && shape.equals(other.shape) && data().mismatch(other.data()) < 0;
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

    /// What the codes are multiplied by.
    ///
    /// @throws DTypeException if the type has none
    public Scales scales() {
        Scales s = scales;
        if (s == null) throw new DTypeException("scales: of " + this + ", expected a type with scales");
        return s;
    }

    /// The bytes as u8: of a tensor with scales, its codes.
    public Tensor codes() {
        return new Tensor(whole(), offset, DType.U8, Shape.of(Math.toIntExact(bytes())), null);
    }

    /// The same values in the memory that `copy` gives: of a plain tensor its copy, of codes those of all parts.
    ///
    /// @param copy takes a tensor without scales and gives one of the same type and shape
    public Tensor parts(UnaryOperator<Tensor> copy) {
        if (!dtype.hasScales()) return copy.apply(this);
        Scales s = scales();
        Tensor magnitudes = s.magnitudes().parts(copy);
        return coded(copy.apply(codes()), dtype, shape, new Scales(magnitudes, s.block(), s.offset()));
    }

    /// The same values under another shape of the same size.
    public Tensor reshape(Shape other) {
        if (scales == null) requireBytes(bytes(), dtype, other);
        if (other.size() != size()) {
            throw new ShapeException("reshape: %s to %s, expected %d values".formatted(this, other, size()));
        }
        return new Tensor(whole(), offset, dtype, other, scales);
    }

    /// A view of rows `from` (inclusive) to `to` (exclusive) of the outermost axis.
    ///
    /// @throws ShapeException if the range does not lie within the axis
    /// @throws ShapeException if it cuts a block of values that share a scale
    public Tensor rows(int from, int to) {
        if (from < 0 || from > to || to > shape.dim(0)) {
            throw new ShapeException(
                    "rows: [%d, %d) of %s, expected a range within %d".formatted(from, to, shape, shape.dim(0)));
        }
        int[] dims = shape.toArray();
        int rowValues = dims[0] == 0 ? 0 : size() / dims[0];
        dims[0] = to - from;
        Shape part = Shape.of(dims);
        dtype.bytes(part.size()); // fails unless the rows are whole blocks
        Scales cut = scales == null ? null : scales.rows(this, rowValues, from, to);
        return new Tensor(whole(), offset + dtype.bytes((long) from * rowValues), dtype, part, cut);
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
