package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.SamplingKernel;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import org.jspecify.annotations.Nullable;

/// Draws tokens from all, or from the likeliest sorted by their logits. Weights are f32, their sums f64.
final class SamplingCpu implements SamplingKernel {

    static final SamplingKernel KERNEL = new SamplingCpu();

    private static final String OP = "sampling";
    private static final double COLDEST = 1e-38; // whose inverse is finite in f32
    private static final double[] SHARES = {1e-2, 1e-4, 1e-7, 0};

    private SamplingCpu() {}

    @Override
    public void draw(Tensor logits, SamplingParams params, double[] u, Tensor tokens) {
        int n = SamplingKernel.requireRows(logits, params, u, tokens);
        int v = logits.shape().last();
        long z = Operand.read(OP, "logits", logits, logits.size());
        long to = Operand.writeInts(OP, "tokens", tokens, n);
        Chunks.rows(n, 4L * v, (from, end) -> {
            float[] row = new float[v];
            for (int i = from; i < end; i++) {
                Vectors.read(z, (long) i * v, row, 0, v);
                Vectors.setInt(to, i, params.isGreedy() ? argmax(row) : token(row, params, u[i]));
            }
        });
    }

    private static int token(float[] logits, SamplingParams params, double u) {
        float best = logits[argmax(logits)];
        float[] weights = weights(logits, best, params);
        double sum = sum(weights, logits.length);
        int @Nullable [] order = params.cuts() ? candidates(logits, best, weights, sum, params) : null;
        int kept = order == null ? logits.length : kept(order, weights, sum, params);
        double left = u * (order == null ? sum : sum(order, weights, kept));
        int last = 0;
        for (int i = 0; i < kept; i++) {
            last = order == null ? i : order[i];
            left -= weights[last];
            if (left < 0) return last;
        }
        return last;
    }

    /// `w = exp((z − largest) / temperature)`, with room to whole vectors.
    private static float[] weights(float[] logits, float largest, SamplingParams params) {
        float inverse = (float) (1 / Math.max(COLDEST, params.temperature()));
        float[] w = Arrays.copyOf(logits, AttentionTile.padded(logits.length));
        for (int i = 0; i < w.length; i += LANES) {
            VectorMath.exp(FloatVector.fromArray(F, w, i).sub(largest).mul(inverse))
                    .intoArray(w, i);
        }
        return w;
    }

    private static double sum(float[] weights, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += weights[i];
        return sum;
    }

    private static double sum(int[] order, float[] weights, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += weights[order[i]];
        return sum;
    }

    /// Tokens in the order of the contract, at most topK of them. To sort a vocabulary takes longer than all the rest:
    /// only those above a share of the largest weight are, which falls until enough are above it.
    private static int[] candidates(float[] logits, float best, float[] weights, double sum, SamplingParams params) {
        for (double share : SHARES) {
            long lowest = descending((float) (best + Math.log(share) * params.temperature()));
            long[] keys = new long[logits.length];
            double mass = 0;
            int n = 0;
            for (int i = 0; i < logits.length; i++) {
                long key = descending(logits[i]);
                if (key > lowest) continue;
                keys[n++] = key << 32 | i;
                mass += weights[i];
            }
            boolean allOfMinP = params.minP() >= share;
            boolean enough = params.topK() > 0
                    ? n >= params.topK() || (params.topP() == 1 && allOfMinP)
                    : allOfMinP || (params.topP() < 1 && mass > params.topP() * sum);
            if (!enough && share > 0) continue;
            Arrays.sort(keys, 0, n);
            int most = params.topK() == 0 ? n : Math.min(params.topK(), n);
            return Arrays.stream(keys, 0, most).mapToInt(k -> (int) k).toArray();
        }
        throw new IllegalStateException("no share is 0");
    }

    /// The fewest whose weights reach `mass`.
    private static int nucleus(int[] order, float[] weights, double mass) {
        double reached = 0;
        for (int i = 0; i < order.length; i++) {
            reached += weights[order[i]];
            if (reached >= mass) return i + 1;
        }
        return order.length;
    }

    /// How many of the candidates may be drawn.
    private static int kept(int[] order, float[] weights, double sum, SamplingParams params) {
        double all = params.topK() == 0 ? sum : sum(order, weights, order.length);
        int n = params.topP() == 1 ? order.length : nucleus(order, weights, params.topP() * all);
        int kept = 1;
        while (kept < n && weights[order[kept]] >= params.minP()) kept++;
        return kept;
    }

    /// A number of 31 bits that falls as x rises; floats a last bit apart may share one.
    private static long descending(float x) {
        int bits = Float.floatToIntBits(x);
        int signed = bits >= 0 ? bits : bits ^ 0x7fffffff; // sorts as floats do
        return (0x7fffffffL - signed) >>> 1;
    }

    /// The first token of the largest logit.
    private static int argmax(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
        return best;
    }
}
