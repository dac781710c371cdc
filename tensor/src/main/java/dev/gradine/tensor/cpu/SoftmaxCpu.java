package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.SoftmaxKernel;
import jdk.incubator.vector.FloatVector;

/// Softmax, a row at a time: the largest value, the exponentials and their sum, the quotients.
final class SoftmaxCpu implements SoftmaxKernel {

    static final SoftmaxKernel KERNEL = new SoftmaxCpu();

    private static final String OP = "softmax";

    private SoftmaxCpu() {}

    @Override
    public void forward(Tensor x, float scale, Tensor y) {
        int c = x.shape().last();
        long in = Operand.read(OP, "x", x, x.size());
        long out = Operand.write(OP, "y", y, x.size());
        Chunks.rows(x.shape().rows(), 4L * c, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = out + 4L * row * c;
                ElementwiseCpu.scale(in + 4L * row * c, scale, at, 0, c);
                float sum = exponentials(at, largest(at, c), c);
                ElementwiseCpu.scale(at, 1 / sum, at, 0, c);
            }
        });
    }

    private static float largest(long x, int c) {
        FloatVector most = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= c - LANES; i += LANES) most = load(x, i).max(most);
        float largest = Vectors.max(most);
        for (; i < c; i++) largest = Math.max(largest, get(x, i));
        return largest;
    }

    /// Replaces x by `e^(x − largest)`.
    ///
    /// @return their sum
    private static float exponentials(long x, float largest, int c) {
        FloatVector most = FloatVector.broadcast(F, largest);
        FloatVector sum = FloatVector.zero(F);
        int i = 0;
        for (; i <= c - LANES; i += LANES) {
            FloatVector e = VectorMath.exp(load(x, i).sub(most));
            sum = e.add(sum);
            store(e, x, i);
        }
        float rest = 0;
        for (; i < c; i++) {
            float e = VectorMath.exp(get(x, i) - largest);
            rest += e;
            set(x, i, e);
        }
        return Vectors.sum(sum) + rest;
    }

    @Override
    public void backward(Tensor dy, Tensor y, float scale, Tensor dx) {
        int c = y.shape().last();
        long d = Operand.read(OP, "dy", dy, y.size());
        long p = Operand.read(OP, "y", y, y.size());
        long out = Operand.write(OP, "dx", dx, y.size());
        Chunks.rows(y.shape().rows(), 2L * c, (from, to) -> {
            for (int row = from; row < to; row++) {
                long at = 4L * row * c;
                gradient(d + at, p + at, Vectors.dot(d + at, p + at, c), scale, out + at, c);
            }
        });
    }

    private static void gradient(long dy, long y, float dot, float scale, long dx, int c) {
        FloatVector mean = FloatVector.broadcast(F, dot);
        FloatVector factor = FloatVector.broadcast(F, scale);
        int i = 0;
        for (; i <= c - LANES; i += LANES) {
            store(load(dy, i).sub(mean).mul(load(y, i)).mul(factor), dx, i);
        }
        for (; i < c; i++) set(dx, i, (get(dy, i) - dot) * get(y, i) * scale);
    }
}
