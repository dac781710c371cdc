package dev.gradine.gpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Tensor;
import java.util.List;

/// What Hopper's copy engine knows of a matrix or tensor in memory: one instruction then moves a box of it to or from
/// shared memory. An argument of a launch, where the kernel has 128 opaque bytes.
///
/// Of a box that reaches beyond the tensor, what is not there reads as zero and is not written.
///
/// @param address of the first value, a multiple of 16
/// @param type of the values
/// @param sizes values along each dimension, the one whose values are neighbours first; one to five
/// @param strides bytes from one value to the next along the second dimension and those after it, multiples of 16
/// @param box values of a box along each dimension, at most 256
/// @param swizzle bytes within which pieces of 16 are permuted in shared memory: 128, 64, 32, or 0 for not at all
public record TensorMap(
        long address, DType type, List<Long> sizes, List<Long> strides, List<Integer> box, int swizzle) {

    /// Size of a kernel's parameter.
    public static final int BYTES = 128;

    private static final int PIECE = 16;
    private static final int MOST_DIMENSIONS = 5;
    private static final int LARGEST_BOX = 256;
    private static final long LARGEST_SIZE = 1L << 32;
    private static final long LARGEST_STRIDE = 1L << 40;

    /// @throws IllegalArgumentException names what the copy engine does not take
    public TensorMap {
        sizes = List.copyOf(sizes);
        strides = List.copyOf(strides);
        box = List.copyOf(box);
        int rank = sizes.size();
        require(rank >= 1 && rank <= MOST_DIMENSIONS, "dimensions", rank, "1 to " + MOST_DIMENSIONS);
        require(strides.size() == rank - 1, "strides", strides, "one less than dimensions");
        require(box.size() == rank, "box", box, "one size per dimension");
        require(address % PIECE == 0, "address", address, "a multiple of " + PIECE);
        for (long s : sizes) require(s >= 1 && s <= LARGEST_SIZE, "size", s, "1 to 2^32");
        for (long s : strides) {
            require(s > 0 && s % PIECE == 0 && s < LARGEST_STRIDE, "stride", s, "a multiple of 16 bytes below 2^40");
        }
        for (int b : box) require(b >= 1 && b <= LARGEST_BOX, "box", b, "1 to " + LARGEST_BOX);
        require(List.of(0, 32, 64, 128).contains(swizzle), "swizzle", swizzle, "0, 32, 64 or 128");
        long row = (long) box.getFirst() * valueBytes(type);
        require(row % PIECE == 0, "box", box, "rows of multiples of 16 bytes");
        require(swizzle == 0 || row <= swizzle, "box", box, "rows of at most " + swizzle + " bytes");
    }

    /// A matrix in rows, of which a box takes `rows` by `columns` values, permuted within 128 bytes.
    public static TensorMap matrix(Tensor t, int rows, int columns) {
        long width = t.shape().last();
        return matrix(DeviceMemory.address(t), t.dtype(), t.size() / width, width, rows, columns);
    }

    /// The same of `height` rows of `width` values at an address.
    public static TensorMap matrix(long address, DType type, long height, long width, int rows, int columns) {
        List<Long> sizes = List.of(width, height);
        return new TensorMap(address, type, sizes, List.of(width * valueBytes(type)), List.of(columns, rows), 128);
    }

    /// Bytes of one value.
    public int valueBytes() {
        return valueBytes(type);
    }

    private static int valueBytes(DType type) {
        return switch (type) {
            case F32, I32 -> 4;
            case BF16, F16 -> 2;
            case U8 -> 1;
            default -> throw new DTypeException("tensor_map: type is " + type + ", expected one of whole values");
        };
    }

    private static void require(boolean ok, String what, Object value, String expected) {
        if (!ok)
            throw new IllegalArgumentException("tensor_map: %s is %s, expected %s".formatted(what, value, expected));
    }
}
