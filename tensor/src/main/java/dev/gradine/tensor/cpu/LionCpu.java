package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LionKernel;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// One Lion update, each value read and written once.
final class LionCpu implements LionKernel {

    static final LionKernel KERNEL = new LionCpu();

    private LionCpu() {}

    @Override
    public void step(Tensor p, Tensor g, Tensor m, Update update) {
        int n = p.size();
        long param = Operand.write("lion", "p", p, n);
        long grad = Operand.read("lion", "g", g, n);
        long momentum = Operand.write("lion", "m", m, n);
        float decay = (float) (1 - (double) update.lr() * update.weightDecay());
        Chunks.values(n, (from, to) -> update(param, grad, momentum, update, decay, from, to));
    }

    private static void update(long p, long g, long m, Update u, float decay, int from, int to) {
        FloatVector scale = FloatVector.broadcast(F, u.gradScale());
        FloatVector keep1 = FloatVector.broadcast(F, u.beta1());
        FloatVector join1 = FloatVector.broadcast(F, 1 - u.beta1());
        FloatVector keep2 = FloatVector.broadcast(F, u.beta2());
        FloatVector join2 = FloatVector.broadcast(F, 1 - u.beta2());
        FloatVector keep = FloatVector.broadcast(F, decay);
        int i = from;
        for (; i <= to - LANES; i += LANES) {
            FloatVector grad = load(g, i).mul(scale);
            FloatVector old = load(m, i);
            FloatVector direction = old.fma(keep1, grad.mul(join1));
            FloatVector move = FloatVector.zero(F)
                    .blend(u.lr(), direction.compare(VectorOperators.GT, 0))
                    .blend(-u.lr(), direction.compare(VectorOperators.LT, 0))
                    .blend(Float.NaN, direction.test(VectorOperators.IS_NAN));
            store(load(p, i).mul(keep).sub(move), p, i);
            store(old.fma(keep2, grad.mul(join2)), m, i);
        }
        for (; i < to; i++) {
            float grad = get(g, i) * u.gradScale();
            float old = get(m, i);
            float direction = Math.fma(old, u.beta1(), grad * (1 - u.beta1()));
            set(p, i, get(p, i) * decay - u.lr() * Math.signum(direction));
            set(m, i, Math.fma(old, u.beta2(), grad * (1 - u.beta2())));
        }
    }
}
