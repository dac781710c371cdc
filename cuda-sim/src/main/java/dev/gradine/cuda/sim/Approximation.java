package dev.gradine.cuda.sim;

/// The `.approx` functions of a GPU, whose results PTX bounds but does not fix: at best, and at either end of what is
/// allowed. A kernel must meet its tolerance with all three.
///
/// | function | largest error |
/// |---|---|
/// | `ex2`, `div.approx`, `div.full` | 2 units in the last place |
/// | `rcp` | 1 unit in the last place |
/// | `lg2` | 2⁻²² absolute on (½, 2), else 2⁻²² relative |
/// | `rsqrt` | 2⁻²²·⁹ relative |
/// | `sqrt` | 2⁻²³ relative |
/// | `sin`, `cos` | 2⁻²⁰·⁵ absolute to 2π, 2⁻¹⁴·⁷ to 100π, nothing said beyond |
/// | `tanh` | 2⁻¹¹ relative |
///
/// PTX ISA 9.1, section "Floating-Point Instructions". What is said to be exact (2⁰, 1/∞, ln 0 …) is so in every mode.
/// Subnormals are the caller's, who flushes before and after where the instruction says `.ftz`.
public enum Approximation {
    /// Rounded correctly, as far as double precision can tell.
    EXACT,
    /// The greatest float that is allowed.
    ABOVE,
    /// The least float that is allowed.
    BELOW;

    private static final double RSQRT = Math.pow(2, -22.9);
    private static final double SIN_NEAR = Math.pow(2, -20.5);
    private static final double SIN_FAR = Math.pow(2, -14.7);

    /// 2ˣ.
    float ex2(float x) {
        double whole = Math.rint(x);
        if (!(Math.abs(whole) < 1000)) return x > 0 ? Float.POSITIVE_INFINITY : x < 0 ? 0f : Floats.NAN;
        double y = Math.exp((x - whole) * Math.log(2)) * Double.longBitsToDouble(((long) whole + 1023) << 52);
        return x == 0 ? 1f : ulps(y, 2);
    }

    /// log₂ x; of −0 as of +0 it is −∞.
    float lg2(float x) {
        double y = Math.log(x) * (1 / Math.log(2));
        return within(y, x > 0.5f && x < 2 ? 0x1p-22 : Math.abs(y) * 0x1p-22);
    }

    /// 1 / x.
    float rcp(float x) {
        return ulps(1.0 / x, 1);
    }

    /// 1 / √x.
    float rsqrt(float x) {
        double y = x == 0 ? 1.0 / x : 1 / Math.sqrt(x);
        return within(y, y * RSQRT);
    }

    /// √x.
    float sqrt(float x) {
        double y = Math.sqrt(x);
        return within(y, y * 0x1p-23);
    }

    /// `div.approx`: a · (1/b), which loses what a |b| above 2¹²⁶ leaves: 0, or NaN if a is infinite.
    float div(float a, float b) {
        if (Math.abs(b) > 0x1p126f && Float.isFinite(b)) {
            return Float.isNaN(a) || Float.isInfinite(a) ? Floats.NAN : Math.copySign(0f, a) * Math.signum(b);
        }
        return divFull(a, b);
    }

    /// `div.full`.
    float divFull(float a, float b) {
        return ulps((double) a / b, 2);
    }

    /// sin x, x in radians.
    float sin(float x) {
        return x == 0 ? x : angle(Math.sin(x), x);
    }

    /// cos x, x in radians.
    float cos(float x) {
        return x == 0 ? 1f : angle(Math.cos(x), x);
    }

    /// tanh x.
    float tanh(float x) {
        if (x == 0 || Float.isInfinite(x)) return Math.signum(x);
        double y = Math.tanh(x);
        return within(y, Math.abs(y) * 0x1p-11);
    }

    private float angle(double y, float x) {
        double far = Math.abs(x);
        return within(y, far <= 2 * Math.PI ? SIN_NEAR : far <= 100 * Math.PI ? SIN_FAR : 2);
    }

    private float ulps(double y, int n) {
        float f = within(y, n * (double) Math.ulp((float) y));
        return f * Math.signum(y) < 0 ? Math.copySign(0f, (float) y) : f; // no error crosses zero
    }

    private float within(double y, double error) {
        float nearest = (float) y;
        if (Double.isNaN(y)) return Floats.NAN;
        if (this == EXACT || nearest == 0 || Float.isInfinite(nearest)) return nearest;
        return this == ABOVE ? Rounding.DOWN.narrow(y + error) : Rounding.UP.narrow(y - error);
    }
}
