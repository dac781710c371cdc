package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.SamplingKernel;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.Arrays;

/// Draws tokens in f64, from all tokens or from those sorted by their logits.
final class SamplingCpu implements SamplingKernel {

    static final SamplingKernel KERNEL = new SamplingCpu();

    private static final String OP = "sampling";

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
        int best = argmax(logits);
        int[] order = candidates(logits, params);
        double[] p = new double[order.length];
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            p[i] = Math.exp((logits[order[i]] - logits[best]) / params.temperature());
            sum += p[i];
        }
        int kept = nucleus(p, sum, params.topP());
        double mass = 0;
        for (int i = 0; i < kept; i++) mass += p[i];
        double left = u * mass;
        for (int i = 0; i < kept; i++) {
            left -= p[i];
            if (left < 0) return order[i];
        }
        return order[kept - 1];
    }

    /// Tokens in the order of the contract, at most topK of them.
    private static int[] candidates(float[] logits, SamplingParams params) {
        int[] all = new int[logits.length];
        for (int i = 0; i < all.length; i++) all[i] = i;
        if (!params.cuts()) return all;
        long[] keys = new long[logits.length];
        for (int i = 0; i < keys.length; i++) keys[i] = descending(logits[i]) << 32 | i;
        Arrays.sort(keys);
        int n = params.topK() == 0 ? keys.length : Math.min(params.topK(), keys.length);
        return Arrays.stream(keys, 0, n).mapToInt(k -> (int) k).toArray();
    }

    /// A number of 31 bits that falls as x rises; floats a last bit apart may share one.
    private static long descending(float x) {
        int bits = Float.floatToIntBits(x);
        int signed = bits >= 0 ? bits : bits ^ 0x7fffffff; // sorts as floats do
        return (0x7fffffffL - signed) >>> 1;
    }

    private static int nucleus(double[] p, double sum, double topP) {
        if (topP == 1) return p.length;
        double reached = 0;
        for (int i = 0; i < p.length; i++) {
            reached += p[i] / sum;
            if (reached >= topP) return i + 1;
        }
        return p.length;
    }

    /// The first token of the largest logit.
    private static int argmax(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) if (logits[i] > logits[best]) best = i;
        return best;
    }
}
