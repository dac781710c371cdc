package dev.gradine.io;

import dev.gradine.tensor.DType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Tensor types of GGUF: number in the file, values and bytes of one block. Those without a `DType` are listed but not
/// loaded. The numbers left out belonged to formats that were withdrawn.
enum GgufType {
    F32(0, 1, 4, DType.F32),
    F16(1, 1, 2, DType.F16),
    Q4_0(2, 32, 18, DType.Q4_0),
    Q4_1(3, 32, 20, DType.Q4_1),
    Q5_0(6, 32, 22, DType.Q5_0),
    Q5_1(7, 32, 24, DType.Q5_1),
    Q8_0(8, 32, 34, DType.Q8_0),
    Q2_K(10, 256, 84, DType.Q2_K),
    Q3_K(11, 256, 110, DType.Q3_K),
    Q4_K(12, 256, 144, DType.Q4_K),
    Q5_K(13, 256, 176, DType.Q5_K),
    Q6_K(14, 256, 210, DType.Q6_K),
    IQ2_XXS(16, 256, 66, null),
    IQ2_XS(17, 256, 74, null),
    IQ3_XXS(18, 256, 98, null),
    IQ1_S(19, 256, 50, null),
    IQ4_NL(20, 32, 18, DType.IQ4_NL),
    IQ3_S(21, 256, 110, null),
    IQ2_S(22, 256, 82, null),
    IQ4_XS(23, 256, 136, DType.IQ4_XS),
    I8(24, 1, 1, null),
    I16(25, 1, 2, null),
    I32(26, 1, 4, null),
    I64(27, 1, 8, null),
    F64(28, 1, 8, null),
    IQ1_M(29, 256, 56, null),
    BF16(30, 1, 2, DType.BF16),
    TQ1_0(34, 256, 54, null),
    TQ2_0(35, 256, 66, null),
    MXFP4(39, 32, 17, DType.MXFP4);

    private static final Map<Integer, GgufType> BY_NUMBER = new HashMap<>();

    static {
        for (GgufType t : values()) BY_NUMBER.put(t.number, t);
    }

    private final int number;
    private final int blockSize;
    private final int blockBytes;
    private final @Nullable DType dtype;

    GgufType(int number, int blockSize, int blockBytes, @Nullable DType dtype) {
        this.number = number;
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
        this.dtype = dtype;
    }

    /// Whether a number in a file names a type.
    static boolean isKnown(int number) {
        return BY_NUMBER.containsKey(number);
    }

    /// The type of a known number.
    static GgufType of(int number) {
        GgufType t = BY_NUMBER.get(number);
        if (t == null) throw new IllegalStateException("gguf: no type " + number);
        return t;
    }

    /// Whether values of this type in memory can be written.
    static boolean hasPlaceFor(DType dtype) {
        return Arrays.stream(values()).anyMatch(t -> t.dtype == dtype);
    }

    /// The type that has this one in memory.
    static GgufType of(DType dtype) {
        for (GgufType t : values()) if (t.dtype == dtype) return t;
        throw new IllegalStateException("gguf: no type for " + dtype);
    }

    /// The number that stands for it in a file.
    int number() {
        return number;
    }

    /// Values of one block; a row is a multiple of it.
    int blockSize() {
        return blockSize;
    }

    /// Bytes of whole blocks of values.
    long bytes(long values) {
        return values / blockSize * blockBytes;
    }

    /// Whether a tensor of this type can be loaded.
    boolean isLoadable() {
        return dtype != null;
    }

    /// The types that can be loaded, as a message lists them.
    static String loadable() {
        return Arrays.stream(values())
                .filter(GgufType::isLoadable)
                .map(Enum::name)
                .collect(Collectors.joining(", "));
    }

    /// The type in memory.
    DType dtype() {
        if (dtype == null) throw new IllegalStateException(this + ": cannot be loaded");
        return dtype;
    }
}
