package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// One AdamW update, each value read and written once.
final class AdamWCpu implements AdamWKernel {

    static final AdamWKernel KERNEL = new AdamWCpu();

    private AdamWCpu() {}

    /// The update's numbers as the loop needs them.
    ///
    /// @param decay `1 − lr · weightDecay`
    /// @param stepSize `lr / (1 − β₁ᵗ)`
    /// @param invRootBias `1 / √(1 − β₂ᵗ)`
    private record Factors(
            float decay, float stepSize, float invRootBias, float beta1, float beta2, float eps, float gradScale) {

        static Factors of(Update u) {
            double bias1 = 1 - Math.pow(u.beta1(), u.t());
            double bias2 = 1 - Math.pow(u.beta2(), u.t());
            return new Factors(
                    (float) (1 - (double) u.lr() * u.weightDecay()),
                    (float) (u.lr() / bias1),
                    (float) (1 / Math.sqrt(bias2)),
                    u.beta1(),
                    u.beta2(),
                    u.eps(),
                    u.gradScale());
        }
    }

    @Override
    public void step(Tensor p, Tensor g, Tensor m, Tensor v, Update update) {
        assert g.size() == p.size() && m.size() == p.size() && v.size() == p.size();
        Factors f = Factors.of(update);
        MemorySegment param = p.data();
        MemorySegment grad = g.data();
        MemorySegment first = m.data();
        MemorySegment second = v.data();
        Chunks.values(p.size(), (from, to) -> update(param, grad, first, second, f, from, to));
    }

    private static void update(
            MemorySegment p, MemorySegment g, MemorySegment m, MemorySegment v, Factors f, int from, int to) {
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector grad = load(g, i).mul(f.gradScale);
            FloatVector first = first(load(m, i), grad, f);
            FloatVector second = second(load(v, i), grad, f);
            store(first, m, i);
            store(second, v, i);
            store(parameter(load(p, i), first, second, f), p, i);
        }
        for (; i < to; i++) {
            float grad = get(g, i) * f.gradScale;
            float first = Math.fma(get(m, i), f.beta1, grad * (1 - f.beta1));
            float second = Math.fma(get(v, i), f.beta2, grad * grad * (1 - f.beta2));
            set(m, i, first);
            set(v, i, second);
            float root = Math.fma((float) Math.sqrt(second), f.invRootBias, f.eps);
            set(p, i, get(p, i) * f.decay - first * f.stepSize / root);
        }
    }

    private static FloatVector first(FloatVector m, FloatVector g, Factors f) {
        return m.fma(FloatVector.broadcast(F, f.beta1), g.mul(1 - f.beta1));
    }

    private static FloatVector second(FloatVector v, FloatVector g, Factors f) {
        return v.fma(FloatVector.broadcast(F, f.beta2), g.mul(g).mul(1 - f.beta2));
    }

    private static FloatVector parameter(FloatVector p, FloatVector m, FloatVector v, Factors f) {
        FloatVector root = v.sqrt().fma(FloatVector.broadcast(F, f.invRootBias), FloatVector.broadcast(F, f.eps));
        return p.mul(f.decay).sub(m.mul(f.stepSize).div(root));
    }
}
