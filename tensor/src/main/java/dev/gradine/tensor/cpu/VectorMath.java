package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/// exp, the logistic function and the normal distribution, lane by lane, in plain vector arithmetic: `lanewise(EXP)`
/// falls back to boxed scalars where the JDK ships no vector library.
///
/// Polynomials are minimax fits of our own (Lawson's iteration on Chebyshev nodes).
final class VectorMath {

    private static final float LOG2_E = 1.442695f;
    private static final float LN2_HIGH = 0.6931472f;
    private static final float LN2_LOW = (float) (Math.log(2) - LN2_HIGH);
    private static final float ROUND = 0x1.8p23f; // added and taken away: rounds to an integer, which the low bits hold
    private static final float LOWEST = -86.98f; // below, the exponent n − 1 would leave the normal range
    private static final float HIGHEST = 88.73f; // above, exp is beyond the largest float
    private static final float INV_SQRT_2_PI = 0.3989423f;

    private VectorMath() {}

    /// `e^x` within 1 ulp; 0 where it is below 1.7e-38, infinite above the largest float, NaN for NaN.
    ///
    /// ```
    /// n = round(x / ln 2)     r = x − n ln 2     e^x = 2 · 2^(n−1) · (1 + r + r² q(r))
    /// ```
    ///
    /// The power is split in two since 2^n alone overflows for the largest arguments.
    static FloatVector exp(FloatVector x) {
        FloatVector shifted = x.mul(LOG2_E).add(ROUND);
        FloatVector n = shifted.sub(ROUND);
        FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), x);
        r = n.fma(FloatVector.broadcast(F, -LN2_LOW), r);
        FloatVector q = FloatVector.broadcast(F, 0.0013814538f);
        q = q.fma(r, FloatVector.broadcast(F, 0.008368745f));
        q = q.fma(r, FloatVector.broadcast(F, 0.04166839f));
        q = q.fma(r, FloatVector.broadcast(F, 0.16666521f));
        q = q.fma(r, FloatVector.broadcast(F, 0.49999994f));
        FloatVector p = q.fma(r.mul(r), r).add(1);
        IntVector exponent = shifted.reinterpretAsInts().add(126).lanewise(LSHL, 23);
        FloatVector e = p.add(p).mul(exponent.reinterpretAsFloats());
        return e.blend(0, x.compare(LT, LOWEST)).blend(Float.POSITIVE_INFINITY, x.compare(GT, HIGHEST));
    }

    /// `σ(x) = 1 / (1 + e^−x)`.
    static FloatVector sigmoid(FloatVector x) {
        return FloatVector.broadcast(F, 1).div(exp(x.neg()).add(1));
    }

    /// `e^(−x²/2)`, which `normalCdf` needs and the density is made of.
    static FloatVector gaussian(FloatVector x) {
        return exp(x.mul(x).mul(-0.5f));
    }

    /// `φ(x)`, the density, from `gaussian(x)`.
    static FloatVector normalDensity(FloatVector gaussian) {
        return gaussian.mul(INV_SQRT_2_PI);
    }

    /// `Φ(x)` from x and `gaussian(x)`, with small relative error in the lower tail too.
    ///
    /// ```
    /// Φ(−a) = e^(−a²/2) · t · p(t)      t = 1 / (1 + 0.35 a)      Φ(a) = 1 − Φ(−a)      a ≥ 0
    /// ```
    static FloatVector normalCdf(FloatVector x, FloatVector gaussian) {
        FloatVector one = FloatVector.broadcast(F, 1);
        FloatVector t = one.div(x.abs().fma(FloatVector.broadcast(F, 0.35f), one));
        FloatVector p = FloatVector.broadcast(F, -0.02915803f);
        p = p.fma(t, FloatVector.broadcast(F, 0.14403161f));
        p = p.fma(t, FloatVector.broadcast(F, -0.2558404f));
        p = p.fma(t, FloatVector.broadcast(F, 0.15932125f));
        p = p.fma(t, FloatVector.broadcast(F, -0.02321339f));
        p = p.fma(t, FloatVector.broadcast(F, 0.10555293f));
        p = p.fma(t, FloatVector.broadcast(F, 0.11982118f));
        p = p.fma(t, FloatVector.broadcast(F, 0.13986354f));
        p = p.fma(t, FloatVector.broadcast(F, 0.1396213f));
        FloatVector lower = gaussian.mul(t).mul(p);
        return lower.blend(one.sub(lower), x.compare(GT, 0));
    }
}
