package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.ActivationKernel;
import jdk.incubator.vector.FloatVector;

/// SwiGLU in one pass each way.
final class ActivationCpu implements ActivationKernel {

    static final ActivationKernel KERNEL = new ActivationCpu();

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
        for (; i < to; i++) set(y, i, get(gate, i) * get(up, i) / VectorMath.onePlusExp(get(gate, i)));
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
}
