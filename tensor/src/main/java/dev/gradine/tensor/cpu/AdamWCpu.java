package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel;
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
        int n = p.size();
        long param = Operand.write("adamw", "p", p, n);
        long grad = Operand.read("adamw", "g", g, n);
        long first = Operand.write("adamw", "m", m, n);
        long second = Operand.write("adamw", "v", v, n);
        Factors f = Factors.of(update);
        Chunks.values(n, (from, to) -> update(param, grad, first, second, f, from, to));
    }

    private static void update(long p, long g, long m, long v, Factors f, int from, int to) {
        FloatVector scale = FloatVector.broadcast(F, f.gradScale);
        FloatVector keepFirst = FloatVector.broadcast(F, f.beta1);
        FloatVector joinFirst = FloatVector.broadcast(F, 1 - f.beta1);
        FloatVector keepSecond = FloatVector.broadcast(F, f.beta2);
        FloatVector joinSecond = FloatVector.broadcast(F, 1 - f.beta2);
        FloatVector invRootBias = FloatVector.broadcast(F, f.invRootBias);
        FloatVector eps = FloatVector.broadcast(F, f.eps);
        FloatVector decay = FloatVector.broadcast(F, f.decay);
        FloatVector stepSize = FloatVector.broadcast(F, f.stepSize);
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector grad = load(g, i).mul(scale);
            FloatVector first = load(m, i).fma(keepFirst, grad.mul(joinFirst));
            FloatVector second = load(v, i).fma(keepSecond, grad.mul(grad).mul(joinSecond));
            store(first, m, i);
            store(second, v, i);
            FloatVector root = second.sqrt().fma(invRootBias, eps);
            store(load(p, i).mul(decay).sub(first.mul(stepSize).div(root)), p, i);
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
}
