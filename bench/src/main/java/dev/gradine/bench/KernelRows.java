package dev.gradine.bench;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CopyRate;
import dev.gradine.tensor.kernel.AdamWKernel.Update;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.RopeAngles;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/// The kernels that memory holds back, at the sizes of a LoRA step: GB/s of what they have to read and write, beside
/// the rate at which all threads copy memory of the same size in the same run.
public final class KernelRows {

    private static final double SECONDS = 0.3; // a row: there are many

    private final Kernels k;
    private final Choice choice;
    private final Consumer<Measured> out;
    private final SplittableRandom rng = new SplittableRandom(1);

    private KernelRows(Kernels k, Choice choice, Consumer<Measured> out) {
        this.k = k;
        this.choice = choice;
        this.out = out;
    }

    /// Measures all of them; that they are right is the business of the tests.
    public static void run(Kernels run, Choice choice, Consumer<Measured> out) {
        for (int width : new int[] {576, 1536}) {
            try (Kernels k = run.openStep()) {
                new KernelRows(k, choice, out).rows(1024, width);
            }
        }
        try (Kernels k = run.openStep()) {
            new KernelRows(k, choice, out).adamW(4_900_000);
        }
        try (Kernels k = run.openStep()) {
            new KernelRows(k, choice, out).logProb(256, 49_152);
        }
    }

    private void rows(int n, int c) {
        int values = n * c;
        double copy = copy(values);
        Tensor x = random(n, c);
        Tensor g = random(n, c);
        Tensor u = random(n, c);
        Tensor y = random(n, c);
        Tensor z = random(n, c);
        Tensor w = random(c);
        Tensor r = random(n);
        Tensor m = random(n);
        String size = " %d×%d".formatted(n, c);
        row("add" + size, 3, values, copy, () -> k.elementwise().add(x, g, y));
        row("axpy" + size, 3, values, copy, () -> k.elementwise().axpy(1e-9f, x, y));
        row("rms norm" + size, 2, values, copy, () -> k.rmsNorm().forward(x, w, 1e-5f, y, r));
        row("rms norm backward" + size, 3, values, copy, () -> k.rmsNorm().backward(g, x, w, r, y, null));
        row("layer norm" + size, 2, values, copy, () -> k.layerNorm().forward(x, w, w, 1e-5f, y, m, r));
        row("layer norm backward" + size, 3, values, copy, () -> k.layerNorm().backward(g, x, w, m, r, y, null, null));
        row("swiglu" + size, 3, values, copy, () -> k.activation().swiGlu(x, u, y));
        row("swiglu backward" + size, 5, values, copy, () -> k.activation().swiGluBackward(g, x, u, y, z));
        row("gelu" + size, 2, values, copy, () -> k.function().apply(Fn.GELU_ERF, 0, 0, x, y));
        row("gelu backward" + size, 3, values, copy, () -> k.function().applyBackward(Fn.GELU_ERF, 0, 0, g, x, y));
        row("dropout" + size, 2, values, copy, () -> k.dropout().apply(x, 0.1f, 7, y));
        Tensor cos = random(n, 32);
        Tensor sin = random(n, 32);
        RopeAngles angles = RopeAngles.halves(cos, sin);
        Tensor places = k.ofInts(IntStream.range(0, n).toArray());
        row("rope" + size, 2, values, copy, () -> k.rope().forward(x, places, angles, y));
        row("rope backward" + size, 2, values, copy, () -> k.rope().backward(x, places, angles, y));
    }

    private void adamW(int n) {
        double copy = copy(n);
        Tensor p = random(n);
        Tensor g = random(n);
        Tensor m = random(n);
        Tensor v = k.zeros(Shape.of(n));
        Update u = new Update(1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f, 3, 1);
        row("adamw " + n, 7, n, copy, () -> k.adamW().step(p, g, m, v, u));
        row("sum of squares " + n, 1, n, copy, () -> k.reduce().sumOfSquares(g));
    }

    private void logProb(int n, int v) {
        double copy = copy(n * v);
        Tensor z = random(n, v);
        Tensor targets = k.ofInts(IntStream.range(0, n).toArray());
        Tensor logProb = random(n);
        Tensor lse = random(n);
        String size = " %d×%d".formatted(n, v);
        row("log-probability" + size, 1, n * v, copy, () -> k.logProb().forward(z, targets, logProb, lse, null));
        Tensor zero = k.zeros(Shape.of(n)); // logits stay finite however often backward overwrites them
        row("log-probability backward" + size, 2, n * v, copy, () -> k.logProb().backward(zero, targets, lse, 0, z));
    }

    private double copy(int values) {
        String work = "copy of %,d values".formatted(values);
        double rate = CopyRate.gigabytes(4L * values);
        if (choice.wants(work)) out.accept(new Measured(work, "GB/s", rate, rate, 100));
        return rate;
    }

    /// @param passes tensors of `values` f32 values that are read or written
    private void row(String work, int passes, int values, double copy, Runnable kernel) {
        if (!choice.wants(work)) return;
        Timing t = Timing.of(50, 7, choice.seconds(SECONDS), kernel);
        out.accept(Measured.rate(work, "GB/s", 4e-9 * passes * values, t, copy));
    }

    private Tensor random(int... dims) {
        Shape shape = Shape.of(dims);
        float[] v = new float[shape.size()];
        for (int i = 0; i < v.length; i++) v[i] = (float) rng.nextDouble(-2, 2);
        return k.of(shape, v);
    }
}
