package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.getInt;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.setInt;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LogProbKernel;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/// Log-probabilities of given tokens. A row is read twice, once for its largest logit m and once for the rest; a
/// vocabulary of 50 000 stays in the second-level cache between the two.
///
/// ```
/// s = Σ exp(z − m)     lse = m + log s     entropy = log s − Σ exp(z − m) (z − m) / s
/// ```
final class LogProbCpu implements LogProbKernel {

    static final LogProbKernel KERNEL = new LogProbCpu();

    private static final float VANISHED = -200; // exp of it is 0; keeps 0 · (z − m) from being 0 · −∞

    private LogProbCpu() {}

    @Override
    public void forward(Tensor logits, Tensor targets, Tensor logProb, Tensor lse, @Nullable Stats stats) {
        assert logits.shape().rows() == targets.size() && lse.size() == targets.size();
        MemorySegment z = logits.data();
        MemorySegment target = targets.data();
        MemorySegment logp = logProb.data();
        MemorySegment lses = lse.data();
        int v = logits.shape().last();
        Chunks.rows(targets.size(), 4L * v, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = (long) row * v;
                float m = max(z, at, v);
                float s = sumExp(z, at, v, m);
                float log = (float) Math.log(s);
                if (stats != null) {
                    set(stats.entropy().data(), row, log - weightedSum(z, at, v, m) / s);
                    set(stats.meanLogit().data(), row, Vectors.sum(z, at, v) / v);
                    setInt(stats.argmax().data(), row, firstOf(z, at, v, m));
                }
                set(lses, row, m + log);
                set(logp, row, get(z, at + getInt(target, row)) - m - log);
            }
        });
    }

    private static float max(MemorySegment z, long at, int v) {
        FloatVector largest = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= v - LANES; i += LANES) largest = largest.max(load(z, at + i));
        float m = Vectors.max(largest);
        for (; i < v; i++) m = Math.max(m, get(z, at + i));
        return m;
    }

    private static float sumExp(MemorySegment z, long at, int v, float m) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= v - LANES; i += LANES)
            sum = sum.add(VectorMath.exp(load(z, at + i).sub(m)));
        float rest = 0;
        for (; i < v; i++) rest += VectorMath.exp(get(z, at + i) - m);
        return Vectors.sum(sum) + rest;
    }

    /// `Σ exp(z − m) (z − m)`, in a loop of its own: together with `sumExp` it would pass the compiler's inlining
    /// limit,
    /// and vectors would be boxed.
    private static float weightedSum(MemorySegment z, long at, int v, float m) {
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= v - LANES; i += LANES) {
            FloatVector x = load(z, at + i).sub(m);
            sum = VectorMath.exp(x).fma(x.max(VANISHED), sum);
        }
        float rest = 0;
        for (; i < v; i++) {
            float x = get(z, at + i) - m;
            rest = Math.fma(VectorMath.exp(x), Math.max(x, VANISHED), rest);
        }
        return Vectors.sum(sum) + rest;
    }

    /// The first index of value `m`; 0 if there is none, as when m is NaN.
    private static int firstOf(MemorySegment z, long at, int v, float m) {
        int i = 0;
        while (i <= v - LANES && !load(z, at + i).compare(VectorOperators.EQ, m).anyTrue()) i += LANES;
        for (; i < v; i++) if (get(z, at + i) == m) return i;
        return 0;
    }

    @Override
    public void backward(Tensor dLogProb, Tensor targets, Tensor lse, Tensor logits) {
        assert logits.shape().rows() == targets.size() && lse.size() == targets.size();
        MemorySegment d = dLogProb.data();
        MemorySegment target = targets.data();
        MemorySegment lses = lse.data();
        MemorySegment z = logits.data();
        int v = logits.shape().last();
        Chunks.rows(targets.size(), 4L * v, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = (long) row * v;
                float g = get(d, row);
                gradient(z, at, v, get(lses, row), -g);
                long hit = at + getInt(target, row);
                set(z, hit, get(z, hit) + g);
            }
        });
    }

    private static void gradient(MemorySegment z, long at, int v, float lse, float factor) {
        int i = 0;
        for (; i <= v - LANES; i += LANES) {
            store(VectorMath.exp(load(z, at + i).sub(lse)).mul(factor), z, at + i);
        }
        for (; i < v; i++) set(z, at + i, VectorMath.exp(get(z, at + i) - lse) * factor);
    }
}
