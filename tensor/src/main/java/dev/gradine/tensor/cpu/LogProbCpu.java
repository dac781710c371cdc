package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.setInt;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LogProbKernel;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Log-probabilities of given tokens. Each logit is read from memory once in each direction.
///
/// ```
/// s = Σ exp(z − m)     lse = m + log s     entropy = log s − Σ exp(z − m) (z − m) / s
/// ```
final class LogProbCpu implements LogProbKernel {

    static final LogProbKernel KERNEL = new LogProbCpu();

    private static final String OP = "log_prob";

    private LogProbCpu() {}

    @Override
    public void forward(Tensor logits, Tensor targets, Tensor logProb, Tensor lse, @Nullable Stats stats) {
        int v = logits.shape().last();
        int n = logits.shape().rows();
        Rows rows = new Rows(
                Operand.read(OP, "logits", logits, logits.size()),
                v,
                Operand.ints(OP, "targets", targets, n),
                Operand.write(OP, "logProb", logProb, n),
                Operand.write(OP, "lse", lse, n));
        if (stats == null) {
            Chunks.rows(n, 4L * v, (from, to) -> {
                LogitSums sums = LogitSums.own();
                for (int row = from; row < to; row++) rows.forward(row, sums, false);
            });
            return;
        }
        long entropy = Operand.write(OP, "entropy", stats.entropy(), n);
        long argmax = Operand.writeInts(OP, "argmax", stats.argmax(), n);
        long mean = Operand.write(OP, "meanLogit", stats.meanLogit(), n);
        Tensor agreement = stats.collision();
        long collision = agreement == null ? 0 : Operand.write(OP, "collision", agreement, n);
        Chunks.rows(n, 4L * v, (from, to) -> {
            LogitSums sums = LogitSums.own();
            for (int row = from; row < to; row++) {
                rows.forward(row, sums, true);
                set(entropy, row, sums.entropy());
                set(mean, row, sums.mean());
                if (collision != 0) set(collision, row, sums.collision());
                setInt(argmax, row, sums.argmax());
            }
        });
    }

    /// Where the operands of forward begin.
    private record Rows(long logits, int v, long targets, long logProb, long lse) {

        void forward(int row, LogitSums sums, boolean statistics) {
            long z = logits + 4L * row * v;
            float target = get(z, Operand.index(OP, "targets", targets, row, v));
            sums.read(z, v, statistics);
            float log = sums.logSum();
            set(lse, row, sums.reference() + log);
            set(logProb, row, target - sums.reference() - log);
        }
    }

    @Override
    public void backward(Tensor dy, Tensor targets, Tensor lse, float smoothing, Tensor logits) {
        int v = logits.shape().last();
        int n = logits.shape().rows();
        long d = Operand.read(OP, "dy", dy, n);
        long target = Operand.ints(OP, "targets", targets, n);
        long lses = Operand.read(OP, "lse", lse, n);
        long z = Operand.write(OP, "logits", logits, logits.size());
        Chunks.rows(n, 4L * v, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = z + 4L * row * v;
                int hit = Operand.index(OP, "targets", target, row, v);
                float g = get(d, row);
                gradient(at, v, get(lses, row), -g, g * smoothing / v);
                set(at, hit, get(at, hit) + g * (1 - smoothing));
            }
        });
    }

    /// No logit exceeds `lse` by more than rounding, so `expFrom` does.
    private static void gradient(long z, int v, float lse, float factor, float all) {
        FloatVector lses = FloatVector.broadcast(F, lse);
        FloatVector factors = FloatVector.broadcast(F, factor);
        FloatVector alls = FloatVector.broadcast(F, all);
        int i = 0;
        for (; i <= v - LANES; i += LANES) {
            FloatVector p = VectorMath.expFrom(VectorMath.floor(load(z, i).sub(lses)));
            store(p.fma(factors, alls), z, i);
        }
        for (; i < v; i++) set(z, i, Math.fma(VectorMath.exp(get(z, i) - lse), factor, all));
    }
}
