package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.getInt;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.RopeKernel;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Rotary position embedding. Backward is the rotation by the opposite angle: the same with `−sin`.
final class RopeCpu implements RopeKernel {

    static final RopeKernel KERNEL = new RopeCpu();

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
        assert x.size() == y.size() && positions.size() == x.shape().rows();
        MemorySegment in = x.data();
        MemorySegment at = positions.data();
        MemorySegment c = cos.data();
        MemorySegment s = sin.data();
        MemorySegment out = y.data();
        int half = cos.shape().last();
        int width = x.shape().last();
        Chunks.rows(positions.size(), width, (from, to) -> {
            for (int row = from; row < to; row++) {
                long angle = (long) getInt(at, row) * half;
                long first = (long) row * width;
                for (int head = 0; head < width; head += 2 * half) {
                    rotate(in, c, s, angle, sign, out, first + head, half);
                }
            }
        });
    }

    private static void rotate(
            MemorySegment x,
            MemorySegment cos,
            MemorySegment sin,
            long angle,
            float sign,
            MemorySegment y,
            long at,
            int half) {
        int i = 0;
        for (; i <= half - LANES; i += LANES) {
            FloatVector c = load(cos, angle + i);
            FloatVector s = load(sin, angle + i).mul(sign);
            FloatVector a = load(x, at + i);
            FloatVector b = load(x, at + i + half);
            store(a.mul(c).sub(b.mul(s)), y, at + i);
            store(b.mul(c).add(a.mul(s)), y, at + i + half);
        }
        for (; i < half; i++) {
            float c = get(cos, angle + i);
            float s = get(sin, angle + i) * sign;
            float a = get(x, at + i);
            float b = get(x, at + i + half);
            set(y, at + i, a * c - b * s);
            set(y, at + i + half, b * c + a * s);
        }
    }
}
