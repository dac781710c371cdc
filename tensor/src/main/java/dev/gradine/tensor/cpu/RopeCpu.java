package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Operands;
import dev.gradine.tensor.kernel.RopeKernel;
import jdk.incubator.vector.FloatVector;

/// Rotary position embedding. Backward is the rotation by the opposite angle: the same with `−sin`.
///
/// The angles of a few pairs stay in registers while all heads of a row turn by them.
final class RopeCpu implements RopeKernel {

    static final RopeKernel KERNEL = new RopeCpu();

    private static final String OP = "rope";

    private RopeCpu() {}

    @Override
    public void forward(Tensor x, Tensor positions, Tensor cos, Tensor sin, Tensor y) {
        rotate(x, positions, cos, sin, 1, y);
    }

    @Override
    public void backward(Tensor dy, Tensor positions, Tensor cos, Tensor sin, Tensor dx) {
        rotate(dy, positions, cos, sin, -1, dx);
    }

    private static void rotate(Tensor x, Tensor positions, Tensor cos, Tensor sin, float sign, Tensor y) {
        int half = Operands.requireHeads(OP, x, cos);
        int places = cos.shape().rows();
        int width = x.shape().last();
        int n = x.shape().rows();
        long in = Operand.read(OP, "x", x, x.size());
        long at = Operand.ints(OP, "positions", positions, n);
        long c = Operand.read(OP, "cos", cos, cos.size());
        long s = Operand.read(OP, "sin", sin, cos.size());
        long out = Operand.write(OP, "y", y, x.size());
        Chunks.rows(n, width, (from, to) -> {
            for (int row = from; row < to; row++) {
                long angle = 4L * Operand.index(OP, "positions", at, row, places) * half;
                long first = 4L * row * width;
                rotate(in + first, c + angle, s + angle, sign, out + first, width, half);
            }
        });
    }

    private static void rotate(long x, long cos, long sin, float sign, long y, int width, int half) {
        FloatVector signs = FloatVector.broadcast(F, sign);
        int i = 0;
        for (; i <= half - LANES; i += LANES) {
            FloatVector c = load(cos, i);
            FloatVector s = load(sin, i).mul(signs);
            for (int head = i; head < width; head += 2 * half) {
                FloatVector a = load(x, head);
                FloatVector b = load(x, head + half);
                store(a.mul(c).sub(b.mul(s)), y, head);
                store(b.mul(c).add(a.mul(s)), y, head + half);
            }
        }
        for (; i < half; i++) rotatePair(x, get(cos, i), get(sin, i) * sign, y, i, width, half);
    }

    private static void rotatePair(long x, float c, float s, long y, int i, int width, int half) {
        for (int head = i; head < width; head += 2 * half) {
            float a = get(x, head);
            float b = get(x, head + half);
            set(y, head, a * c - b * s);
            set(y, head + half, b * c + a * s);
        }
    }
}
