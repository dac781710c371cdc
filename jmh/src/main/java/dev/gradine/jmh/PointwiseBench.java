package dev.gradine.jmh;

import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.RopeAngles;
import java.util.Random;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/// The kernels that memory holds back, at the sizes of a 135 M model's LoRA step of 1024 tokens. GB/s are
/// bytes read and written over time; `copy` is what the machine can do.
public class PointwiseBench extends CpuBench {

    private static final int ROWS = 1024;
    private static final float EPS = 1e-5f;

    /// Values of a row.
    @Param({"576", "1536"})
    public int width;

    private Tensor x = kernels.zeros(Shape.of(0, 0));
    private Tensor u = x;
    private Tensor dy = x;
    private Tensor y = x;
    private Tensor z = x;
    private Tensor w = x;
    private Tensor r = x;
    private Tensor cos = x;
    private Tensor sin = x;
    private Tensor positions = kernels.ofInts();

    /// Fills the operands and checks a value of each row against the formulas in `double`.
    @Setup
    public void setUp() {
        Random random = new Random(7);
        x = filled(random, ROWS, width);
        u = filled(random, ROWS, width);
        dy = filled(random, ROWS, width);
        y = filled(random, ROWS, width);
        z = filled(random, ROWS, width);
        w = filled(random, width);
        r = filled(random, ROWS);
        cos = filled(random, ROWS, 32);
        sin = filled(random, ROWS, 32);
        positions = kernels.ofInts(IntStream.range(0, ROWS).toArray());
        float[] xs = kernels.download(x);
        float[] us = kernels.download(u);
        float[] ws = kernels.download(w);
        float[] norm = kernels.download(rmsNorm());
        float[] glu = kernels.download(swiGlu());
        for (int row = 0; row < ROWS; row++) {
            double squares = 0;
            for (int i = 0; i < width; i++) squares += (double) xs[row * width + i] * xs[row * width + i];
            int i = row % width;
            int at = row * width + i;
            verify("rms_norm", norm[at], xs[at] * ws[i] / Math.sqrt(squares / width + EPS));
            verify("swiglu", glu[at], xs[at] * us[at] / (1 + Math.exp(-xs[at])));
        }
    }

    private Tensor filled(Random random, int... dims) {
        Shape shape = Shape.of(dims);
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) values[i] = random.nextFloat(-2, 2);
        return kernels.of(shape, values);
    }

    private static void verify(String op, double got, double expected) {
        if (!(Math.abs(got - expected) <= 1e-5 * Math.abs(expected) + 1e-30)) {
            throw new IllegalStateException("%s: a value is %s, expected %s".formatted(op, got, expected));
        }
    }

    /// Two tensors, one read and one written, and nothing computed.
    @Benchmark
    public Tensor copy() {
        kernels.copy(x, y);
        return y;
    }

    /// Three tensors.
    @Benchmark
    public Tensor add() {
        kernels.elementwise().add(x, u, y);
        return y;
    }

    /// Two tensors.
    @Benchmark
    public Tensor rmsNorm() {
        kernels.rmsNorm().forward(x, w, EPS, y, r);
        return y;
    }

    /// Three tensors.
    @Benchmark
    public Tensor rmsNormBackward() {
        kernels.rmsNorm().backward(dy, x, w, r, y, null);
        return y;
    }

    /// Three tensors.
    @Benchmark
    public Tensor swiGlu() {
        kernels.activation().swiGlu(x, u, y);
        return y;
    }

    /// Five tensors.
    @Benchmark
    public Tensor swiGluBackward() {
        kernels.activation().swiGluBackward(dy, x, u, y, z);
        return y;
    }

    /// Two tensors.
    @Benchmark
    public Tensor gelu() {
        kernels.function().apply(Fn.GELU_ERF, 0, 0, x, y);
        return y;
    }

    /// Two tensors.
    @Benchmark
    public Tensor rope() {
        kernels.rope().forward(x, positions, RopeAngles.halves(cos, sin), y);
        return y;
    }

    /// Two tensors.
    @Benchmark
    public Tensor dropout() {
        kernels.dropout().apply(x, 0.1f, 7, y);
        return y;
    }
}
