package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import jdk.incubator.vector.FloatVector;

/// Vector loops of both forms of GELU. The tanh form is `x · σ(2u)`, since `½(1 + tanh u) = σ(2u)`.
final class GeluLoops {

    private static final float SQRT_8_OVER_PI = 1.5957692f; // 2 √(2/π)
    private static final float CUBIC = 0.044715f;

    private static final FloatVector ONE = FloatVector.broadcast(F, 1);
    private static final FloatVector VSQRT_8_OVER_PI = FloatVector.broadcast(F, SQRT_8_OVER_PI);
    private static final FloatVector VCUBIC = FloatVector.broadcast(F, CUBIC);
    private static final FloatVector VTHREE_CUBIC = FloatVector.broadcast(F, 3 * CUBIC);

    private GeluLoops() {}

    static void erf(long in, long out, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector x = load(in, i);
            store(x.mul(VectorMath.normalCdf(x, VectorMath.gaussian(x))), out, i);
        }
        for (; i < to; i++) {
            float x = get(in, i);
            set(out, i, x * VectorMath.normalCdf(x, VectorMath.gaussian(x)));
        }
    }

    static void tanh(long in, long out, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector x = load(in, i);
            store(x.mul(VectorMath.sigmoid(twoU(x))), out, i);
        }
        for (; i < to; i++) set(out, i, get(in, i) * VectorMath.sigmoid(twoU(get(in, i))));
    }

    /// `2u = 2 √(2/π) (x + 0.044715 x³)`.
    private static FloatVector twoU(FloatVector x) {
        return x.mul(x).fma(VCUBIC, ONE).mul(x).mul(VSQRT_8_OVER_PI);
    }

    private static float twoU(float x) {
        return Math.fma(x * x, CUBIC, 1) * x * SQRT_8_OVER_PI;
    }

    static void erfBackward(long dy, long in, long dx, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(erfSlope(load(in, i)).mul(load(dy, i)), dx, i);
        for (; i < to; i++) set(dx, i, erfSlope(get(in, i)) * get(dy, i));
    }

    /// `Φ(x) + x φ(x)`.
    private static FloatVector erfSlope(FloatVector x) {
        FloatVector e = VectorMath.gaussian(x);
        return VectorMath.normalDensity(e).fma(x, VectorMath.normalCdf(x, e));
    }

    private static float erfSlope(float x) {
        float e = VectorMath.gaussian(x);
        return Math.fma(VectorMath.normalDensity(e), x, VectorMath.normalCdf(x, e));
    }

    /// `dy (s + x s (1 − s) 2u′)` with `s = σ(2u)` and `u′ = √(2/π) (1 + 3 · 0.044715 x²)`.
    ///
    /// The slope is no method of its own: compiled before its caller, it may be too large to be
    /// inlined there, and every vector is boxed.
    static void tanhBackward(long dy, long in, long dx, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector x = load(in, i);
            FloatVector squared = x.mul(x);
            FloatVector s = VectorMath.sigmoid(squared.fma(VCUBIC, ONE).mul(x).mul(VSQRT_8_OVER_PI));
            FloatVector twoUSlope = squared.fma(VTHREE_CUBIC, ONE).mul(VSQRT_8_OVER_PI);
            store(x.mul(s).mul(ONE.sub(s)).fma(twoUSlope, s).mul(load(dy, i)), dx, i);
        }
        for (; i < to; i++) {
            float x = get(in, i);
            float s = VectorMath.sigmoid(twoU(x));
            float twoUSlope = Math.fma(x * x, 3 * CUBIC, 1) * SQRT_8_OVER_PI;
            set(dx, i, get(dy, i) * Math.fma(x * s * (1 - s), twoUSlope, s));
        }
    }

    /// `gelu(a) · b`, by tanh.
    static void gated(long a, long b, long y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector x = load(a, i);
            store(x.mul(VectorMath.sigmoid(twoU(x))).mul(load(b, i)), y, i);
        }
        for (; i < to; i++) set(y, i, get(a, i) * VectorMath.sigmoid(twoU(get(a, i))) * get(b, i));
    }

    /// `dy · b · gelu′(a)`, by tanh.
    static void gatedLeft(long dy, long a, long b, long da, int from, int to) {
        ElementwiseCpu.mul(dy, b, da, from, to);
        tanhBackward(da, a, da, from, to);
    }
}
