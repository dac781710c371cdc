package dev.gradine.jmh;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel.Upstream;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Sequences;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/// Causal attention of 9 query heads over 3 key heads: of size 64, as in SmolLM2, or 128.
///
/// Forward takes `4 · T²/2 · D · 9` FLOP, backward 2.5 times that.
public class AttentionBench extends CpuBench {

    /// Tokens of the one sequence.
    @Param({"256", "512", "1024", "2048", "4096"})
    public int tokens;

    /// Size of one head.
    @Param({"64", "128"})
    public int headDim;

    private AttentionSpec spec = AttentionSpec.causal(9, 3, 64, 0.125f);
    private Sequences sequences = Sequences.packed(0);
    private Tensor q = kernels.zeros(Shape.of(0, 0));
    private Tensor k = q;
    private Tensor v = q;
    private Tensor y = q;
    private Tensor lse = q;
    private Tensor dq = q;
    private Tensor dk = q;
    private Tensor dv = q;

    /// Fills the inputs and checks rows of the result against the formula in `double`.
    @Setup
    public void setUp() {
        sequences = Sequences.packed(0, tokens);
        spec = AttentionSpec.causal(9, 3, headDim, (float) (1 / Math.sqrt(headDim)));
        Random random = new Random(7);
        q = filled(9 * headDim, random);
        k = filled(3 * headDim, random);
        v = filled(3 * headDim, random);
        y = kernels.zeros(q.shape());
        lse = kernels.zeros(Shape.of(tokens, 9));
        dq = kernels.zeros(q.shape());
        dk = kernels.zeros(k.shape());
        dv = kernels.zeros(v.shape());
        forward();
        for (int sample = 0; sample < 50; sample++) verify(random.nextInt(tokens), random.nextInt(9));
    }

    private Tensor filled(int width, Random random) {
        float[] values = new float[tokens * width];
        for (int i = 0; i < values.length; i++) values[i] = random.nextFloat(-1, 1);
        return kernels.of(Shape.of(tokens, width), values);
    }

    private void verify(int row, int head) {
        int d = headDim;
        float[] qs = kernels.download(q.rows(row, row + 1));
        float[] ks = kernels.download(k);
        float[] vs = kernels.download(v);
        float[] got = kernels.download(y.rows(row, row + 1));
        int g = head / 3;
        double sum = 0;
        double[] expected = new double[d];
        for (int j = 0; j <= row; j++) {
            double s = 0;
            for (int i = 0; i < d; i++) s += (double) qs[head * d + i] * ks[(j * 3 + g) * d + i];
            double p = Math.exp(s * spec.scale());
            sum += p;
            for (int i = 0; i < d; i++) expected[i] += p * vs[(j * 3 + g) * d + i];
        }
        for (int i = 0; i < d; i++) {
            double error = Math.abs(got[head * d + i] - expected[i] / sum);
            if (!(error <= 1e-5)) { // up to 128 products of at most 1 in a score, values at most 1: a few 1e-6
                throw new IllegalStateException("attention: row %d head %d value %d is %s, expected %s"
                        .formatted(row, head, i, got[head * d + i], expected[i] / sum));
            }
        }
    }

    /// One forward pass.
    @Benchmark
    public Tensor forward() {
        kernels.attention().forward(q, k, v, spec, sequences, y, lse);
        return y;
    }

    /// One backward pass, from what `setUp` computed.
    @Benchmark
    public Tensor backward() {
        kernels.attention().backward(new Upstream(q, y, lse), q, k, v, spec, sequences, dq, dk, dv);
        return dq;
    }
}
