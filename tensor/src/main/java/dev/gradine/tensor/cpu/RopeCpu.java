package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.RopeAngles;
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
    public void forward(Tensor x, Tensor positions, RopeAngles angles, Tensor y) {
        rotate(x, positions, angles, 1, y);
    }

    @Override
    public void backward(Tensor dy, Tensor positions, RopeAngles angles, Tensor dx) {
        rotate(dy, positions, angles, -1, dx);
    }

    private static void rotate(Tensor x, Tensor positions, RopeAngles angles, float sign, Tensor y) {
        angles.requireHeads(x.shape());
        int pairs = angles.pairs();
        int places = angles.places();
        int width = x.shape().last();
        int n = x.shape().rows();
        long in = Operand.read(OP, "x", x, x.size());
        long at = Operand.ints(OP, "positions", positions, n);
        long c = Operand.read(OP, "cos", angles.cos(), places * pairs);
        long s = Operand.read(OP, "sin", angles.sin(), places * pairs);
        long out = Operand.write(OP, "y", y, x.size());
        Heads heads = new Heads(width, angles.headDim(), pairs);
        Chunks.rows(n, width, (from, to) -> {
            for (int row = from; row < to; row++) {
                long angle = 4L * Operand.index(OP, "positions", at, row, places) * pairs;
                long first = 4L * row * width;
                if (angles.isInterleaved()) heads.rotateNeighbours(in + first, c + angle, s + angle, sign, out + first);
                else heads.rotateHalves(in + first, c + angle, s + angle, sign, out + first);
                if (in != out) heads.copyRest(in + first, out + first);
            }
        });
    }

    /// The heads of a row.
    ///
    /// @param width values of a row
    /// @param size channels of a head
    /// @param pairs of them that turn
    private record Heads(int width, int size, int pairs) {

        void rotateHalves(long x, long cos, long sin, float sign, long y) {
            FloatVector signs = FloatVector.broadcast(F, sign);
            int i = 0;
            for (; i <= pairs - LANES; i += LANES) {
                FloatVector c = load(cos, i);
                FloatVector s = load(sin, i).mul(signs);
                for (int head = i; head < width; head += size) {
                    FloatVector a = load(x, head);
                    FloatVector b = load(x, head + pairs);
                    store(a.mul(c).sub(b.mul(s)), y, head);
                    store(b.mul(c).add(a.mul(s)), y, head + pairs);
                }
            }
            for (; i < pairs; i++) rotatePairs(x, get(cos, i), get(sin, i) * sign, y, i, pairs);
        }

        void rotateNeighbours(long x, long cos, long sin, float sign, long y) {
            for (int i = 0; i < pairs; i++) rotatePairs(x, get(cos, i), get(sin, i) * sign, y, 2 * i, 1);
        }

        /// One pair of all heads.
        ///
        /// @param first channel of the pair
        private void rotatePairs(long x, float c, float s, long y, int first, int gap) {
            for (int head = first; head < width; head += size) {
                float a = get(x, head);
                float b = get(x, head + gap);
                set(y, head, a * c - b * s);
                set(y, head + gap, b * c + a * s);
            }
        }

        void copyRest(long x, long y) {
            if (size == 2 * pairs) return;
            for (int head = 0; head < width; head += size) {
                for (int i = 2 * pairs; i < size; i++) set(y, head + i, get(x, head + i));
            }
        }
    }
}
