package dev.gradine.cuda.sim;

/// f32 from and to the narrow formats of tensor cores. A value of 16 bits lies in the lower half of an `int`.
///
/// | format | exponent | fraction |
/// |---|---|---|
/// | bf16 | 8 | 7 |
/// | f16 | 5 | 10 |
/// | tf32 | 8 | 10, in the upper 19 of 32 bits |
///
/// NaN becomes the format's canonical NaN: 0x7fff, or 0x7fffffff.
final class Narrow {

    private static final int NAN16 = 0x7fff;

    private Narrow() {}

    /// `cvt.rn.bf16.f32`: to nearest, ties to even.
    static int bf16(float x) {
        if (Float.isNaN(x)) return NAN16;
        int bits = Float.floatToRawIntBits(x);
        return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
    }

    /// `cvt.rz.bf16.f32`: towards zero.
    static int bf16Truncated(float x) {
        return Float.isNaN(x) ? NAN16 : Float.floatToRawIntBits(x) >>> 16;
    }

    /// `cvt.rn.bf16x2.f32 d, upper, lower`: PTX's first source goes to the upper half.
    static int bf16Pair(float upper, float lower) {
        return (bf16(upper) << 16) | bf16(lower);
    }

    /// The f32 of the same value; the upper half of `bits` is ignored.
    static float fromBf16(int bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /// `cvt.rn.f16.f32`: to nearest, ties to even.
    static int f16(float x) {
        return Float.isNaN(x) ? NAN16 : Float.floatToFloat16(x) & 0xffff;
    }

    /// `cvt.rz.f16.f32`: towards zero.
    static int f16Truncated(float x) {
        int nearest = f16(x);
        return Math.abs(fromF16(nearest)) > Math.abs(x) ? nearest - 1 : nearest;
    }

    /// `cvt.rn.f16x2.f32 d, upper, lower`: PTX's first source goes to the upper half.
    static int f16Pair(float upper, float lower) {
        return (f16(upper) << 16) | f16(lower);
    }

    /// The f32 of the same value; the upper half of `bits` is ignored.
    static float fromF16(int bits) {
        return Float.float16ToFloat((short) bits);
    }

    /// `cvt.rna.tf32.f32`: to nearest, ties away from zero. The result is a register of 32 bits.
    static int tf32(float x) {
        if (Float.isNaN(x)) return Floats.NAN_BITS;
        int bits = Float.floatToRawIntBits(x);
        return Float.isInfinite(x) ? bits : (bits + 0x1000) & 0xffff_e000;
    }

    /// What a tensor core sees of a register that should hold a tf32: the lower 13 bits are dropped.
    static int tf32Truncated(int bits) {
        return bits & 0xffff_e000;
    }
}
