package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ActivationKernel;
import jdk.incubator.vector.FloatVector;

/// Activation functions. The tanh form of GELU is `x · σ(2u)`, since `½(1 + tanh u) = σ(2u)`.
final class ActivationCpu implements ActivationKernel {

    static final ActivationKernel KERNEL = new ActivationCpu();

    private static final float SQRT_8_OVER_PI = 1.5957692f; // 2 √(2/π)
    private static final float CUBIC = 0.044715f;

    private static final FloatVector ONE = FloatVector.broadcast(F, 1);
    private static final FloatVector VSQRT_8_OVER_PI = FloatVector.broadcast(F, SQRT_8_OVER_PI);
    private static final FloatVector VCUBIC = FloatVector.broadcast(F, CUBIC);
    private static final FloatVector VTHREE_CUBIC = FloatVector.broadcast(F, 3 * CUBIC);

    private ActivationCpu() {}

    @Override
    public void swiGlu(Tensor gate, Tensor up, Tensor y) {
        int n = y.size();
        long g = Operand.read("swiglu", "gate", gate, n);
        long u = Operand.read("swiglu", "up", up, n);
        long out = Operand.write("swiglu", "y", y, n);
        Chunks.values(n, (from, to) -> swiGlu(g, u, out, from, to));
    }

    private static void swiGlu(long gate, long up, long y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector g = load(gate, i);
            store(g.mul(load(up, i)).div(VectorMath.onePlusExp(g)), y, i);
        }
        for (; i < to; i++) set(y, i, get(gate, i) * VectorMath.sigmoid(get(gate, i)) * get(up, i));
    }

    @Override
    public void swiGluBackward(Tensor dy, Tensor gate, Tensor up, Tensor dGate, Tensor dUp) {
        int n = dy.size();
        long d = Operand.read("swiglu", "dy", dy, n);
        long g = Operand.read("swiglu", "gate", gate, n);
        long u = Operand.read("swiglu", "up", up, n);
        long dg = Operand.write("swiglu", "dGate", dGate, n);
        long du = Operand.write("swiglu", "dUp", dUp, n);
        Chunks.values(n, (from, to) -> swiGluBackward(d, g, u, dg, du, from, to));
    }

    private static void swiGluBackward(long dy, long gate, long up, long dGate, long dUp, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector g = load(gate, i);
            FloatVector s = VectorMath.sigmoid(g);
            FloatVector silu = g.mul(s);
            FloatVector d = load(dy, i);
            FloatVector dg = d.mul(load(up, i)).mul(siluSlope(s, silu));
            store(d.mul(silu), dUp, i);
            store(dg, dGate, i);
        }
        for (; i < to; i++) {
            float g = get(gate, i);
            float s = VectorMath.sigmoid(g);
            float silu = g * s;
            float d = get(dy, i);
            float dg = d * get(up, i) * (Math.fma(-silu, s, silu) + s);
            set(dUp, i, d * silu);
            set(dGate, i, dg);
        }
    }

    /// `σ (1 + g (1 − σ)) = σ + silu − silu · σ`.
    private static FloatVector siluSlope(FloatVector s, FloatVector silu) {
        return silu.neg().fma(s, silu).add(s);
    }

    @Override
    public void gelu(Tensor x, boolean tanh, Tensor y) {
        int n = y.size();
        long in = Operand.read("gelu", "x", x, n);
        long out = Operand.write("gelu", "y", y, n);
        if (tanh) Chunks.values(n, (from, to) -> geluTanh(in, out, from, to));
        else Chunks.values(n, (from, to) -> geluErf(in, out, from, to));
    }

    private static void geluErf(long in, long out, int from, int to) {
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

    private static void geluTanh(long in, long out, int from, int to) {
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
        return x * SQRT_8_OVER_PI * Math.fma(x * x, CUBIC, 1);
    }

    @Override
    public void geluBackward(Tensor dy, Tensor x, boolean tanh, Tensor dx) {
        int n = x.size();
        long d = Operand.read("gelu", "dy", dy, n);
        long in = Operand.read("gelu", "x", x, n);
        long out = Operand.write("gelu", "dx", dx, n);
        if (tanh) Chunks.values(n, (from, to) -> geluTanhBackward(d, in, out, from, to));
        else Chunks.values(n, (from, to) -> geluErfBackward(d, in, out, from, to));
    }

    private static void geluErfBackward(long dy, long in, long dx, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(geluErfSlope(load(in, i)).mul(load(dy, i)), dx, i);
        for (; i < to; i++) set(dx, i, geluErfSlope(get(in, i)) * get(dy, i));
    }

    /// `Φ(x) + x φ(x)`.
    private static FloatVector geluErfSlope(FloatVector x) {
        FloatVector e = VectorMath.gaussian(x);
        return VectorMath.normalDensity(e).fma(x, VectorMath.normalCdf(x, e));
    }

    private static float geluErfSlope(float x) {
        float e = VectorMath.gaussian(x);
        return Math.fma(VectorMath.normalDensity(e), x, VectorMath.normalCdf(x, e));
    }

    /// `dy (s + x s (1 − s) 2u′)` with `s = σ(2u)` and `u′ = √(2/π) (1 + 3 · 0.044715 x²)`.
    ///
    /// The slope is no method of its own: compiled before its caller, it may be too large to be
    /// inlined there, and every vector is boxed.
    private static void geluTanhBackward(long dy, long in, long dx, int from, int to) {
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

    @Override
    public void logSigmoid(Tensor x, Tensor y) {
        long in = Operand.read("log_sigmoid", "x", x, x.size());
        long out = Operand.write("log_sigmoid", "y", y, x.size());
        Chunks.rows(x.size(), 16, (from, to) -> { // log1p has no vector form here; there is one margin per pair
            for (int i = from; i < to; i++) set(out, i, logSigmoid(get(in, i)));
        });
    }

    private static float logSigmoid(double x) {
        return (float) (Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))));
    }

    @Override
    public void logSigmoidBackward(Tensor dy, Tensor x, Tensor dx) {
        long d = Operand.read("log_sigmoid", "dy", dy, x.size());
        long in = Operand.read("log_sigmoid", "x", x, x.size());
        long out = Operand.write("log_sigmoid", "dx", dx, x.size());
        Chunks.rows(x.size(), 16, (from, to) -> {
            for (int i = from; i < to; i++) set(out, i, (float) (get(d, i) / (1 + Math.exp(get(in, i)))));
        });
    }
}
