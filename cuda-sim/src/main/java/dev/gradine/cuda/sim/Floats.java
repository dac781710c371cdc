package dev.gradine.cuda.sim;

/// What PTX says of f32 and Java says otherwise: flushing of subnormals, one NaN, minimum and maximum, and what
/// becomes of a number that no integer holds.
final class Floats {

    /// Bits of the only NaN that PTX's arithmetic on f32 makes.
    static final int NAN_BITS = 0x7fff_ffff;

    /// The NaN of these bits.
    static final float NAN = Float.intBitsToFloat(NAN_BITS);

    private Floats() {}

    /// Bits of a result: the canonical NaN for any NaN.
    static int bits(float x) {
        return Float.isNaN(x) ? NAN_BITS : Float.floatToRawIntBits(x);
    }

    /// `.ftz`: a subnormal becomes the zero of its sign.
    static float flush(float x) {
        return Math.abs(x) < Float.MIN_NORMAL ? Math.copySign(0f, x) : x;
    }

    /// `.sat`: to [0, 1]; NaN becomes +0.
    static float saturate(float x) {
        return x > 0 ? Math.min(x, 1f) : 0f;
    }

    /// `min.f32`: of a NaN and a number the number; −0 is less than +0.
    static float min(float a, float b) {
        if (Float.isNaN(a)) return Float.isNaN(b) ? NAN : b;
        return Float.isNaN(b) ? a : Math.min(a, b);
    }

    /// `max.f32`: of a NaN and a number the number; +0 is greater than −0.
    static float max(float a, float b) {
        if (Float.isNaN(a)) return Float.isNaN(b) ? NAN : b;
        return Float.isNaN(b) ? a : Math.max(a, b);
    }

    /// `min.NaN.f32`: NaN if one is.
    static float minNaN(float a, float b) {
        return Float.isNaN(a) || Float.isNaN(b) ? NAN : Math.min(a, b);
    }

    /// `max.NaN.f32`: NaN if one is.
    static float maxNaN(float a, float b) {
        return Float.isNaN(a) || Float.isNaN(b) ? NAN : Math.max(a, b);
    }

    /// `min.f64`: of a NaN and a number the number.
    static double min(double a, double b) {
        if (Double.isNaN(a)) return b;
        return Double.isNaN(b) ? a : Math.min(a, b);
    }

    /// `max.f64`: of a NaN and a number the number.
    static double max(double a, double b) {
        if (Double.isNaN(a)) return b;
        return Double.isNaN(b) ? a : Math.max(a, b);
    }

    /// `cvt` from f32 or f64 to an integer of `width` bits: rounded, then clamped to the type's range.
    ///
    /// @param wideSource whether the source is f64: then NaN becomes the upper bit alone, as for any integer of 64
    ///     bits, and else 0
    /// @return the integer in the lower `width` bits, extended as its type says
    static long toInteger(double x, Rounding rounding, int width, boolean signed, boolean wideSource) {
        if (Double.isNaN(x)) return width < 64 && !wideSource ? 0 : signed ? -1L << (width - 1) : 1L << (width - 1);
        double r = rounding.integral(x);
        if (signed) {
            long least = -1L << (width - 1);
            return Math.clamp((long) r, least, ~least);
        }
        if (!(r > 0)) return 0;
        if (r >= 0x1p64) return -1L >>> (64 - width);
        long whole = r < 0x1p63 ? (long) r : (long) (r - 0x1p63) | Long.MIN_VALUE;
        return width == 64 || whole >>> width == 0 ? whole : -1L >>> (64 - width);
    }
}
