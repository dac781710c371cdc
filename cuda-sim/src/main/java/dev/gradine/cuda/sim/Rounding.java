package dev.gradine.cuda.sim;

import static java.lang.Float.floatToRawIntBits;

/// Where a result goes that f32 cannot hold: PTX's `.rn`, `.rz`, `.rm`, `.rp` and their integer twins `.rni` ….
///
/// Java rounds to nearest only. The other three take that result and the sign of what it lacks: the exact sum of a
/// product and an addend is a pair of doubles (Knuth's two-sum), the residue of a quotient or a root is one fused
/// multiply-add.
enum Rounding {
    NEAREST,
    ZERO,
    DOWN,
    UP;

    /// The rounding that a modifier such as `rn`, `rzi`, `rm` names.
    ///
    /// @throws IllegalArgumentException if it names none
    static Rounding of(String modifier) {
        return switch (modifier) {
            case "rn", "rni" -> NEAREST;
            case "rz", "rzi" -> ZERO;
            case "rm", "rmi" -> DOWN;
            case "rp", "rpi" -> UP;
            default ->
                throw new IllegalArgumentException("rounding is " + modifier + ", expected rn, rz, rm, rp or rni, ...");
        };
    }

    /// a + b.
    float add(float a, float b) {
        return this == NEAREST ? a + b : sum(a, b, a + b);
    }

    /// a · b.
    float mul(float a, float b) {
        float nearest = a * b;
        return this == NEAREST ? nearest : adjust(nearest, sign((double) a * b - nearest));
    }

    /// a · b + c, rounded once.
    float fma(float a, float b, float c) {
        float nearest = Math.fma(a, b, c);
        return this == NEAREST ? nearest : sum((double) a * b, c, nearest);
    }

    /// a / b.
    float div(float a, float b) {
        float nearest = a / b;
        if (this == NEAREST || b == 0 || Float.isInfinite(a) || Float.isInfinite(b)) return nearest;
        if (Float.isInfinite(nearest)) return adjust(nearest, -sign(nearest));
        return adjust(nearest, sign(Math.fma(-(double) nearest, b, a)) * sign(b));
    }

    /// Square root.
    float sqrt(float a) {
        float nearest = (float) Math.sqrt(a);
        if (this == NEAREST || Float.isInfinite(a)) return nearest;
        return adjust(nearest, sign(Math.fma(-(double) nearest, nearest, a)));
    }

    /// An f64 as f32.
    float narrow(double a) {
        float nearest = (float) a;
        return this == NEAREST ? nearest : adjust(nearest, sign(a - nearest));
    }

    /// A signed or unsigned 64-bit integer as f32; smaller integers are extended first.
    float fromInteger(long a, boolean signed) {
        double high = (signed ? a >> 32 : a >>> 32) * 0x1p32;
        double low = a & 0xffff_ffffL;
        if (this != NEAREST) return sum(high, low, (float) (high + low));
        if (signed || a >= 0) return (float) a;
        return 2 * (float) ((a >>> 1) | (a & 1));
    }

    /// The integer beside `a`.
    double integral(double a) {
        return switch (this) {
            case NEAREST -> Math.rint(a);
            case ZERO -> a < 0 ? Math.ceil(a) : Math.floor(a);
            case DOWN -> Math.floor(a);
            case UP -> Math.ceil(a);
        };
    }

    private float sum(double a, double b, float nearest) {
        double s = a + b;
        double bb = s - a;
        double e = (a - (s - bb)) + (b - bb);
        if (s == 0 && this == DOWN) return floatToRawIntBits(nearest) == 0 && !bothPlusZero(a, b) ? -0f : nearest;
        int sign = sign(s - nearest);
        return adjust(nearest, sign == 0 ? sign(e) : sign);
    }

    private static boolean bothPlusZero(double a, double b) {
        return Double.doubleToRawLongBits(a) == 0 && Double.doubleToRawLongBits(b) == 0;
    }

    /// -1, 0 or 1; 0 for NaN, which stands for a difference of infinities.
    private static int sign(double d) {
        return d > 0 ? 1 : d < 0 ? -1 : 0;
    }

    private float adjust(float nearest, int missing) {
        if (missing == 0) return nearest;
        return switch (this) {
            case NEAREST -> nearest;
            case ZERO ->
                nearest > 0 && missing < 0
                        ? Math.nextDown(nearest)
                        : nearest < 0 && missing > 0 ? Math.nextUp(nearest) : nearest;
            case DOWN -> missing < 0 ? Math.nextDown(nearest) : nearest;
            case UP -> missing > 0 ? Math.nextUp(nearest) : nearest;
        };
    }
}
