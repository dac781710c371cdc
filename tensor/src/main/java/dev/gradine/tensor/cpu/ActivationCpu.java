package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ActivationKernel;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Activation functions. The tanh form of GELU is `x · σ(2u)`, since `½(1 + tanh u) = σ(2u)`.
final class ActivationCpu implements ActivationKernel {

    static final ActivationKernel KERNEL = new ActivationCpu();

    private static final float SQRT_8_OVER_PI = 1.5957692f; // 2 √(2/π)
    private static final float CUBIC = 0.044715f;

    // Φ is so long that with loads from segments the compiler runs out of room to inline it; it works on an array, in
    // whole vectors, of which the last may hold values of no meaning.
    private static final int BLOCK = 1024;

    private ActivationCpu() {}

    @Override
    public void swiGlu(Tensor gate, Tensor up, Tensor y) {
        assert gate.size() == y.size() && up.size() == y.size();
        MemorySegment g = gate.data();
        MemorySegment u = up.data();
        MemorySegment out = y.data();
        Chunks.values(y.size(), (from, to) -> swiGlu(g, u, out, from, to));
    }

    private static void swiGlu(MemorySegment gate, MemorySegment up, MemorySegment y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector g = load(gate, i);
            store(g.mul(VectorMath.sigmoid(g)).mul(load(up, i)), y, i);
        }
        for (; i < to; i++) set(y, i, get(gate, i) * VectorMath.sigmoid(get(gate, i)) * get(up, i));
    }

    @Override
    public void swiGluBackward(Tensor dy, Tensor gate, Tensor up, Tensor dGate, Tensor dUp) {
        assert gate.size() == dy.size() && up.size() == dy.size();
        MemorySegment d = dy.data();
        MemorySegment g = gate.data();
        MemorySegment u = up.data();
        MemorySegment dg = dGate.data();
        MemorySegment du = dUp.data();
        Chunks.values(dy.size(), (from, to) -> swiGluBackward(d, g, u, dg, du, from, to));
    }

    /// Block by block in two passes, σ(gate) waiting in `dGate` between them: a loop with all of it would come so near
    /// the
    /// compiler's inlining limit that some runs boxed every vector.
    private static void swiGluBackward(
            MemorySegment dy,
            MemorySegment gate,
            MemorySegment up,
            MemorySegment dGate,
            MemorySegment dUp,
            int from,
            int to) {
        for (int first = from; first < to; first += BLOCK) {
            int end = Math.min(to, first + BLOCK);
            sigmoid(gate, dGate, first, end);
            swiGluSlopes(dy, gate, up, dGate, dUp, first, end);
        }
    }

    private static void sigmoid(MemorySegment x, MemorySegment y, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(VectorMath.sigmoid(load(x, i)), y, i);
        for (; i < to; i++) set(y, i, VectorMath.sigmoid(get(x, i)));
    }

    private static void swiGluSlopes(
            MemorySegment dy,
            MemorySegment gate,
            MemorySegment up,
            MemorySegment dGate,
            MemorySegment dUp,
            int from,
            int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector s = load(dGate, i);
            FloatVector silu = load(gate, i).mul(s);
            FloatVector d = load(dy, i);
            store(d.mul(silu), dUp, i);
            store(d.mul(load(up, i)).mul(siluSlope(s, silu)), dGate, i);
        }
        for (; i < to; i++) {
            float d = get(dy, i);
            float s = get(dGate, i);
            float silu = get(gate, i) * s;
            set(dUp, i, d * silu);
            set(dGate, i, d * get(up, i) * (Math.fma(-silu, s, silu) + s));
        }
    }

    /// `σ (1 + g (1 − σ)) = σ + silu − silu · σ`.
    private static FloatVector siluSlope(FloatVector s, FloatVector silu) {
        return silu.neg().fma(s, silu).add(s);
    }

    @Override
    public void gelu(Tensor x, boolean tanh, Tensor y) {
        assert x.size() == y.size();
        MemorySegment in = x.data();
        MemorySegment out = y.data();
        if (tanh) Chunks.values(y.size(), (from, to) -> geluTanh(in, out, from, to));
        else Chunks.values(y.size(), (from, to) -> geluErf(in, out, from, to));
    }

    private static void geluErf(MemorySegment in, MemorySegment out, int from, int to) {
        float[] block = ThreadArrays.floats(BLOCK);
        for (int first = from; first < to; first += BLOCK) {
            int n = Math.min(BLOCK, to - first);
            Vectors.read(in, first, block, 0, n);
            for (int i = 0; i < n; i += LANES) {
                FloatVector x = FloatVector.fromArray(F, block, i);
                x.mul(VectorMath.normalCdf(x, VectorMath.gaussian(x))).intoArray(block, i);
            }
            Vectors.write(block, 0, out, first, n);
        }
    }

    private static void geluTanh(MemorySegment in, MemorySegment out, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector x = load(in, i);
            store(x.mul(VectorMath.sigmoid(twoU(x))), out, i);
        }
        for (; i < to; i++) set(out, i, get(in, i) * VectorMath.sigmoid(twoU(get(in, i))));
    }

    /// `2u = 2 √(2/π) (x + 0.044715 x³)`.
    private static FloatVector twoU(FloatVector x) {
        FloatVector one = FloatVector.broadcast(F, 1);
        return x.mul(SQRT_8_OVER_PI).mul(x.mul(x).fma(FloatVector.broadcast(F, CUBIC), one));
    }

    private static float twoU(float x) {
        return x * SQRT_8_OVER_PI * Math.fma(x * x, CUBIC, 1);
    }

    @Override
    public void geluBackward(Tensor dy, Tensor x, boolean tanh, Tensor dx) {
        assert x.size() == dy.size() && x.size() == dx.size();
        MemorySegment d = dy.data();
        MemorySegment in = x.data();
        MemorySegment out = dx.data();
        if (tanh) Chunks.values(x.size(), (from, to) -> geluTanhBackward(d, in, out, from, to));
        else Chunks.values(x.size(), (from, to) -> geluErfBackward(d, in, out, from, to));
    }

    private static void geluErfBackward(MemorySegment dy, MemorySegment in, MemorySegment dx, int from, int to) {
        float[] block = ThreadArrays.floats(2 * BLOCK);
        for (int first = from; first < to; first += BLOCK) {
            int n = Math.min(BLOCK, to - first);
            Vectors.read(in, first, block, 0, n);
            Vectors.read(dy, first, block, BLOCK, n);
            for (int i = 0; i < n; i += LANES) {
                FloatVector slope = geluErfSlope(FloatVector.fromArray(F, block, i));
                slope.mul(FloatVector.fromArray(F, block, BLOCK + i)).intoArray(block, i);
            }
            Vectors.write(block, 0, dx, first, n);
        }
    }

    /// `Φ(x) + x φ(x)`.
    private static FloatVector geluErfSlope(FloatVector x) {
        FloatVector e = VectorMath.gaussian(x);
        return VectorMath.normalDensity(e).fma(x, VectorMath.normalCdf(x, e));
    }

    private static void geluTanhBackward(MemorySegment dy, MemorySegment in, MemorySegment dx, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) store(load(dy, i).mul(geluTanhSlope(load(in, i))), dx, i);
        for (; i < to; i++) {
            float x = get(in, i);
            float s = VectorMath.sigmoid(twoU(x));
            float twoUSlope = Math.fma(x * x, 3 * CUBIC, 1) * SQRT_8_OVER_PI;
            set(dx, i, get(dy, i) * Math.fma(x * s * (1 - s), twoUSlope, s));
        }
    }

    /// `s + x s (1 − s) 2u′` with `s = σ(2u)` and `u′ = √(2/π) (1 + 3 · 0.044715 x²)`.
    private static FloatVector geluTanhSlope(FloatVector x) {
        FloatVector one = FloatVector.broadcast(F, 1);
        FloatVector s = VectorMath.sigmoid(twoU(x));
        FloatVector twoUSlope =
                x.mul(x).fma(FloatVector.broadcast(F, 3 * CUBIC), one).mul(SQRT_8_OVER_PI);
        return x.mul(s).mul(one.sub(s)).fma(twoUSlope, s);
    }

    @Override
    public void logSigmoid(Tensor x, Tensor y) {
        assert x.size() == y.size();
        MemorySegment in = x.data();
        MemorySegment out = y.data();
        Chunks.rows(x.size(), 16, (from, to) -> { // log1p has no vector form here; there is one margin per pair
            for (int i = from; i < to; i++) set(out, i, logSigmoid(get(in, i)));
        });
    }

    private static float logSigmoid(double x) {
        return (float) (Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))));
    }

    @Override
    public void logSigmoidBackward(Tensor dy, Tensor x, Tensor dx) {
        assert x.size() == dy.size() && x.size() == dx.size();
        MemorySegment d = dy.data();
        MemorySegment in = x.data();
        MemorySegment out = dx.data();
        Chunks.rows(x.size(), 16, (from, to) -> {
            for (int i = from; i < to; i++) set(out, i, (float) (get(d, i) / (1 + Math.exp(get(in, i)))));
        });
    }
}
