package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// exp, tanh, the logistic function and the normal distribution, lane by lane, in plain vector arithmetic:
/// `lanewise(EXP)` falls back to boxed scalars where the JDK ships no vector library.
///
/// Polynomials are minimax fits of our own (Lawson's iteration on Chebyshev nodes).
final class VectorMath {

    private static final float LOG2_E = 1.442695f;
    private static final float LN2_HIGH = 0.6931472f;
    private static final float LN2_LOW = (float) (Math.log(2) - LN2_HIGH);
    private static final float ROUND = 0x1.8p23f; // added and taken away: rounds to an integer, which the low bits hold
    private static final float LOWEST = -87; // has n = −126, so that 2^(n−1) comes out as 0
    private static final float HIGHEST = 88.9f; // has n = 128 and overflows
    private static final float FLOOR = -88; // has n = −127, so that 2^n comes out as 0
    private static final float INV_SQRT_2_PI = 0.3989423f;

    // q(r), from the highest power down
    private static final float E6 = 0.0013814538f;
    private static final float E5 = 0.008368745f;
    private static final float E4 = 0.04166839f;
    private static final float E3 = 0.16666521f;
    private static final float E2 = 0.49999994f;

    // p(t), from the highest power down
    private static final float N8 = -0.02915803f;
    private static final float N7 = 0.14403161f;
    private static final float N6 = -0.2558404f;
    private static final float N5 = 0.15932125f;
    private static final float N4 = -0.02321339f;
    private static final float N3 = 0.10555293f;
    private static final float N2 = 0.11982118f;
    private static final float N1 = 0.13986354f;
    private static final float N0 = 0.1396213f;

    // u(x²), from the highest power down
    private static final float T4 = -0.0057049785f;
    private static final float T3 = 0.02063908f;
    private static final float T2 = -0.05373971f;
    private static final float T1 = 0.13331442f;
    private static final float T0 = -0.3333328f;

    private static final float SMALL = 0.625f; // where tanh is its polynomial

    private static final float SLOPE = 0.35f; // of 1/t; with it p(t) fits best

    // As vectors: a broadcast at each use would be one more operation for the compiler to inline, whose limit a loop
    // with two of these functions passes, and past it every vector is boxed.
    private static final FloatVector ONE = FloatVector.broadcast(F, 1);
    private static final FloatVector ZERO = FloatVector.zero(F);
    private static final FloatVector MINUS_HALF = FloatVector.broadcast(F, -0.5f);
    private static final FloatVector VINV_SQRT_2_PI = FloatVector.broadcast(F, INV_SQRT_2_PI);
    private static final FloatVector VLOG2_E = FloatVector.broadcast(F, LOG2_E);
    private static final FloatVector VROUND = FloatVector.broadcast(F, ROUND);
    private static final FloatVector VLN2_HIGH = FloatVector.broadcast(F, -LN2_HIGH);
    private static final FloatVector VLN2_LOW = FloatVector.broadcast(F, -LN2_LOW);
    private static final FloatVector VLOWEST = FloatVector.broadcast(F, LOWEST);
    private static final FloatVector VHIGHEST = FloatVector.broadcast(F, HIGHEST);
    private static final FloatVector VFLOOR = FloatVector.broadcast(F, FLOOR);
    private static final IntVector BIAS_SPLIT =
            FloatVector.zero(F).reinterpretAsInts().add(126);
    private static final IntVector BIAS =
            FloatVector.zero(F).reinterpretAsInts().add(127);
    private static final FloatVector VE6 = FloatVector.broadcast(F, E6);
    private static final FloatVector VE5 = FloatVector.broadcast(F, E5);
    private static final FloatVector VE4 = FloatVector.broadcast(F, E4);
    private static final FloatVector VE3 = FloatVector.broadcast(F, E3);
    private static final FloatVector VE2 = FloatVector.broadcast(F, E2);
    private static final FloatVector VN8 = FloatVector.broadcast(F, N8);
    private static final FloatVector VN7 = FloatVector.broadcast(F, N7);
    private static final FloatVector VN6 = FloatVector.broadcast(F, N6);
    private static final FloatVector VN5 = FloatVector.broadcast(F, N5);
    private static final FloatVector VN4 = FloatVector.broadcast(F, N4);
    private static final FloatVector VN3 = FloatVector.broadcast(F, N3);
    private static final FloatVector VN2 = FloatVector.broadcast(F, N2);
    private static final FloatVector VN1 = FloatVector.broadcast(F, N1);
    private static final FloatVector VN0 = FloatVector.broadcast(F, N0);
    private static final FloatVector VT4 = FloatVector.broadcast(F, T4);
    private static final FloatVector VT3 = FloatVector.broadcast(F, T3);
    private static final FloatVector VT2 = FloatVector.broadcast(F, T2);
    private static final FloatVector VT1 = FloatVector.broadcast(F, T1);
    private static final FloatVector VT0 = FloatVector.broadcast(F, T0);
    private static final FloatVector VSMALL = FloatVector.broadcast(F, SMALL);
    private static final FloatVector MINUS_TWO = FloatVector.broadcast(F, -2);
    private static final FloatVector VSLOPE = FloatVector.broadcast(F, SLOPE);

    private VectorMath() {}

    /// `e^x` within 1 ulp; 0 where it is below 1.8e-38, infinite above the largest float, NaN for NaN.
    ///
    /// ```
    /// n = round(x / ln 2)     r = x − n ln 2     e^x = 2 · 2^(n−1) · (1 + r + r² q(r))
    /// ```
    ///
    /// The power is split in two since 2^n alone overflows for the largest arguments.
    static FloatVector exp(FloatVector x) {
        FloatVector in = x.blend(VHIGHEST, x.compare(GT, VHIGHEST));
        in = in.blend(VLOWEST, in.compare(LT, VLOWEST));
        FloatVector shifted = in.fma(VLOG2_E, VROUND);
        FloatVector n = shifted.sub(VROUND);
        FloatVector r = n.fma(VLN2_LOW, n.fma(VLN2_HIGH, in));
        FloatVector q = VE6.fma(r, VE5).fma(r, VE4).fma(r, VE3).fma(r, VE2);
        FloatVector p = q.fma(r.mul(r), r).add(ONE);
        IntVector exponent = shifted.reinterpretAsInts().add(BIAS_SPLIT).lanewise(LSHL, 23);
        return p.add(p).mul(exponent.reinterpretAsFloats());
    }

    /// x, or −88 where x is less: what `expFrom` may be given, if x is at most 88. NaN stays NaN.
    ///
    /// A comparison and a choice are two instructions; MAX, which has to order −0 and NaN, is six.
    static FloatVector floor(FloatVector x) {
        return x.blend(VFLOOR, x.compare(LT, VFLOOR));
    }

    /// `e^x` within 1 ulp for x from −88, where it is 0, to 88: three quarters of the work of `exp`.
    static FloatVector expFrom(FloatVector x) {
        FloatVector shifted = x.fma(VLOG2_E, VROUND);
        FloatVector n = shifted.sub(VROUND);
        FloatVector r = n.fma(VLN2_LOW, n.fma(VLN2_HIGH, x));
        FloatVector q = VE6.fma(r, VE5).fma(r, VE4).fma(r, VE3).fma(r, VE2);
        FloatVector p = q.fma(r.mul(r), r).add(ONE);
        IntVector exponent = shifted.reinterpretAsInts().add(BIAS).lanewise(LSHL, 23);
        return p.mul(exponent.reinterpretAsFloats());
    }

    /// `tanh(x)` within 2 ulp; ±1 for large arguments, NaN for NaN.
    ///
    /// ```
    /// tanh(x) = x + x³ u(x²)    |x| < 0.625      tanh(a) = (1 − e^−2a) / (1 + e^−2a)    a ≥ 0.625
    /// ```
    static FloatVector tanh(FloatVector x) {
        FloatVector a = x.abs();
        FloatVector e = expFrom(floor(a.mul(MINUS_TWO)));
        FloatVector large = ONE.sub(e).div(ONE.add(e));
        large = large.blend(large.neg(), x.compare(LT, ZERO));
        FloatVector square = x.mul(x);
        FloatVector u = VT4.fma(square, VT3).fma(square, VT2).fma(square, VT1).fma(square, VT0);
        return large.blend(x.mul(square).fma(u, x), a.compare(LT, VSMALL));
    }

    /// `σ(x) = 1 / (1 + e^−x)`.
    static FloatVector sigmoid(FloatVector x) {
        return ONE.div(exp(x.neg()).add(ONE));
    }

    /// `1 + e^−x`, by which `silu(x)` is a quotient.
    static FloatVector onePlusExp(FloatVector x) {
        return exp(x.neg()).add(ONE);
    }

    /// `e^(−x²/2)`, which `normalCdf` needs and the density is made of.
    static FloatVector gaussian(FloatVector x) {
        return expFrom(floor(x.mul(x).mul(MINUS_HALF)));
    }

    /// `φ(x)`, the density, from `gaussian(x)`.
    static FloatVector normalDensity(FloatVector gaussian) {
        return gaussian.mul(VINV_SQRT_2_PI);
    }

    /// `Φ(x)` from x and `gaussian(x)`, with small relative error in the lower tail too.
    ///
    /// ```
    /// Φ(−a) = e^(−a²/2) · t · p(t)      t = 1 / (1 + 0.35 a)      Φ(a) = 1 − Φ(−a)      a ≥ 0
    /// ```
    static FloatVector normalCdf(FloatVector x, FloatVector gaussian) {
        FloatVector t = ONE.div(x.abs().fma(VSLOPE, ONE));
        FloatVector p = VN8.fma(t, VN7).fma(t, VN6).fma(t, VN5).fma(t, VN4);
        p = p.fma(t, VN3).fma(t, VN2).fma(t, VN1).fma(t, VN0);
        FloatVector lower = gaussian.mul(t).mul(p);
        return lower.blend(ONE.sub(lower), x.compare(GT, ZERO));
    }

    /// As the vector form, bit for bit: for the values that fill no vector. Masked vectors would double what the
    /// compiler has to inline per loop, and past its limit it boxes them.
    static float exp(float x) {
        float in = Math.min(Math.max(x, LOWEST), HIGHEST);
        float shifted = Math.fma(in, LOG2_E, ROUND);
        float n = shifted - ROUND;
        float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, in));
        float q = E6;
        q = Math.fma(q, r, E5);
        q = Math.fma(q, r, E4);
        q = Math.fma(q, r, E3);
        q = Math.fma(q, r, E2);
        float p = Math.fma(q, r * r, r) + 1;
        return (p + p) * Float.intBitsToFloat((Float.floatToRawIntBits(shifted) + 126) << 23);
    }

    static float onePlusExp(float x) {
        return exp(-x) + 1;
    }

    static float sigmoid(float x) {
        return 1 / onePlusExp(x);
    }

    static float gaussian(float x) {
        return exp(x * x * -0.5f);
    }

    static float normalDensity(float gaussian) {
        return gaussian * INV_SQRT_2_PI;
    }

    static float normalCdf(float x, float gaussian) {
        float t = 1 / Math.fma(Math.abs(x), SLOPE, 1);
        float p = N8;
        p = Math.fma(p, t, N7);
        p = Math.fma(p, t, N6);
        p = Math.fma(p, t, N5);
        p = Math.fma(p, t, N4);
        p = Math.fma(p, t, N3);
        p = Math.fma(p, t, N2);
        p = Math.fma(p, t, N1);
        p = Math.fma(p, t, N0);
        float lower = gaussian * t * p;
        return x > 0 ? 1 - lower : lower;
    }
}
