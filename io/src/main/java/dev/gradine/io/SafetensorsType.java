package dev.gradine.io;

import dev.gradine.tensor.DType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Element types that the safetensors format knows, with their width in bits. Numbers of eight bits are loaded as
/// bytes, which `Fp8` knows to read. Those without a `DType` are listed but
/// not loaded.
enum SafetensorsType {
    F32(32, DType.F32),
    F16(16, DType.F16),
    BF16(16, DType.BF16),
    I64(64, DType.I64),
    I32(32, DType.I32),
    I16(16, DType.I16),
    I8(8, DType.I8),
    U8(8, DType.U8),
    F64(64, null),
    C64(64, null),
    U64(64, null),
    U32(32, null),
    U16(16, null),
    BOOL(8, null),
    F8_E4M3(8, DType.U8),
    F8_E5M2(8, DType.U8),
    F8_E8M0(8, null),
    F8_E4M3FNUZ(8, null),
    F8_E5M2FNUZ(8, null),
    F6_E2M3(6, null),
    F6_E3M2(6, null),
    F4(4, null);

    private final int bits;
    private final @Nullable DType dtype;

    SafetensorsType(int bits, @Nullable DType dtype) {
        this.bits = bits;
        this.dtype = dtype;
    }

    /// Width of one value.
    int bits() {
        return bits;
    }

    /// Whether a tensor of this type can be loaded.
    boolean isLoadable() {
        return dtype != null;
    }

    /// The type in memory.
    DType dtype() {
        if (dtype == null) throw new IllegalStateException(this + ": cannot be loaded");
        return dtype;
    }

    /// Whether a file's word names a type.
    static boolean isKnown(String word) {
        return Arrays.stream(values()).anyMatch(t -> t.name().equals(word));
    }

    /// Whether values of this type in memory can be written.
    static boolean hasPlaceFor(DType dtype) {
        return Arrays.stream(values()).anyMatch(t -> t.dtype == dtype);
    }
}
