package dev.gradine.jmh;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Setup;

/// Cross entropy of 256 rows of logits over SmolLM2's vocabulary of 49,152: 50 MB are read, and written by backward.
public class LogProbBench extends CpuBench {

    private static final int ROWS = 256;
    private static final int V = 49_152;

    private Tensor logits = kernels.zeros(Shape.of(0, 0));
    private Tensor targets = kernels.ofInts();
    private Tensor logProb = logits;
    private Tensor lse = logits;
    private Tensor upstream = logits;

    /// Fills the logits and checks each row against the formula in `double`.
    @Setup
    public void setUp() {
        Random random = new Random(7);
        float[] z = new float[ROWS * V];
        for (int i = 0; i < z.length; i++) z[i] = (float) random.nextGaussian(0, 3);
        int[] ids = new int[ROWS];
        for (int i = 0; i < ROWS; i++) ids[i] = random.nextInt(V);
        logits = kernels.of(Shape.of(ROWS, V), z);
        targets = kernels.ofInts(ids);
        logProb = kernels.zeros(Shape.of(ROWS));
        lse = kernels.zeros(Shape.of(ROWS));
        upstream = kernels.zeros(Shape.of(ROWS)); // keeps the logits finite however often backward runs
        forward();
        float[] got = kernels.download(logProb);
        for (int row = 0; row < ROWS; row++) verify(z, ids, row, got[row]);
    }

    private static void verify(float[] z, int[] ids, int row, float got) {
        double sum = 0;
        for (int v = 0; v < V; v++) sum += Math.exp(z[row * V + v]);
        double expected = z[row * V + ids[row]] - Math.log(sum);
        if (!(Math.abs(got - expected) <= 1e-5 * Math.abs(expected))) {
            throw new IllegalStateException("log_prob: row %d is %s, expected %s".formatted(row, got, expected));
        }
    }

    /// One forward pass.
    @Benchmark
    public Tensor forward() {
        kernels.logProb().forward(logits, targets, logProb, lse, null);
        return logProb;
    }

    /// One backward pass; it overwrites the logits.
    @Benchmark
    public Tensor backward() {
        kernels.logProb().backward(upstream, targets, lse, 0, logits);
        return logits;
    }
}
