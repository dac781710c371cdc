package dev.gradine.cuda.sim.ptx;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// Type of a register, a parameter, or an operand of an instruction.
public enum PtxType {
    /// One bit, only in registers.
    PRED(0),
    /// Untyped bits.
    B8(1),
    B16(2),
    B32(4),
    B64(8),
    /// Unsigned integers.
    U8(1),
    U16(2),
    U32(4),
    U64(8),
    /// Signed integers.
    S8(1),
    S16(2),
    S32(4),
    S64(8),
    /// Floating point; `TF32` has the range of f32 and 10 bits of fraction, kept in 32 bits.
    F16(2),
    BF16(2),
    TF32(4),
    F32(4),
    F64(8),
    /// Two values in 32 bits.
    F16X2(4),
    BF16X2(4);

    private static final Map<String, PtxType> NAMES = new TreeMap<>();

    static {
        for (PtxType t : values()) NAMES.put(t.toString(), t);
    }

    private static final Set<PtxType> FLOATS = EnumSet.range(F16, BF16X2);

    private final int bytes;

    PtxType(int bytes) {
        this.bytes = bytes;
    }

    /// Size of a value in memory; 0 for a predicate.
    public int bytes() {
        return bytes;
    }

    /// Whether values are signed integers.
    public boolean isSigned() {
        return this == S8 || this == S16 || this == S32 || this == S64;
    }

    /// Whether values are floating-point numbers.
    public boolean isFloat() {
        return FLOATS.contains(this);
    }

    /// Whether `name`, such as `f32`, is a type.
    public static boolean isType(String name) {
        return NAMES.containsKey(name);
    }

    /// The type of that name.
    ///
    /// @throws IllegalArgumentException if there is none
    public static PtxType of(String name) {
        PtxType t = NAMES.get(name);
        if (t == null) throw new IllegalArgumentException("type is " + name + ", expected one of " + NAMES.keySet());
        return t;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
