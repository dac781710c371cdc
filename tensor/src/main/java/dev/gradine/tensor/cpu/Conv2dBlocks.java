package dev.gradine.tensor.cpu;

import static dev.gradine.tensor.cpu.Native.MEMORY;
import static dev.gradine.tensor.cpu.Vectors.F;
import static dev.gradine.tensor.cpu.Vectors.LANES;
import static dev.gradine.tensor.cpu.Vectors.get;
import static dev.gradine.tensor.cpu.Vectors.load;
import static dev.gradine.tensor.cpu.Vectors.set;
import static dev.gradine.tensor.cpu.Vectors.store;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Conv2dShapes;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;
import jdk.incubator.vector.FloatVector;

/// The window positions of all images, one image after the other, in blocks, and the results that belong to a block.
///
/// @param s sizes of the convolution
record Conv2dBlocks(Conv2dShapes s) {

    private static final int VALUES = 1 << 20; // under the windows of a block: 4 MB
    private static final int LEAST = 256; // positions: fewer, and reading the weight again would show
    private static final int STEP = 64; // whole tiles of a product

    /// Positions `from … from + n` for the outputs of one group.
    ///
    /// @param group index of the group
    /// @param from first position, counted over all images
    /// @param n positions
    /// @param outputs of the group
    /// @param windowValues under one window
    record Block(int group, int from, int n, int outputs, int windowValues) {

        /// Memory of this thread for the values under the windows, `[K,n]`.
        Tensor columns() {
            return matrix(Scratch.own().columns((long) windowValues * n), Shape.of(windowValues, n));
        }

        /// Memory of this thread for the results, `[O,n]`.
        Tensor results() {
            return matrix(Scratch.own().results((long) outputs * n), Shape.of(outputs, n));
        }
    }

    static Tensor matrix(long address, Shape shape) {
        return new Tensor(MEMORY.asSlice(address, 4L * shape.size()), DType.F32, shape);
    }

    /// Hands out all blocks: groups in parallel if there are enough for all threads, else one block after the other,
    /// and the threads share each.
    void forEach(Consumer<Block> work) {
        int groups = s.windows().groups();
        if (groups >= Parallel.THREADS) {
            Parallel.forEach(groups, g -> ofGroup(g, work));
        } else {
            for (int g = 0; g < groups; g++) ofGroup(g, work);
        }
    }

    private void ofGroup(int group, Consumer<Block> work) {
        int k = s.windowValues();
        int all = s.batch() * s.positions();
        if (k == 0 || s.groupOutputs() == 0) return;
        int most = Math.max(LEAST, VALUES / k / STEP * STEP);
        for (int from = 0; from < all; from += most) {
            work.accept(new Block(group, from, Math.min(most, all - from), s.groupOutputs(), k));
        }
    }

    /// Copies what `dy` has at the block's positions to `results [O,n]`.
    void take(Block b, long dy, long results) {
        each(
                b,
                (o, at, count, image) -> MemorySegment.copy(
                        MEMORY, dy + image, MEMORY, results + 4L * ((long) o * b.n + at), 4L * count));
    }

    /// Writes `results [O,n]` plus the bias to their places in `y`.
    void place(Block b, long results, long bias, long y) {
        each(b, (o, at, count, image) -> {
            float add = get(bias, b.group * b.outputs + o);
            shift(results + 4L * ((long) o * b.n + at), add, y + image, count);
        });
    }

    private static void shift(long x, float add, long y, int n) {
        FloatVector adds = FloatVector.broadcast(F, add);
        int i = 0;
        for (; i <= n - LANES; i += LANES) store(load(x, i).add(adds), y, i);
        for (; i < n; i++) set(y, i, get(x, i) + add);
    }

    /// Positions of one output within one image.
    private interface Piece {
        /// @param o the output, counted within its group
        /// @param at first column of the block
        /// @param count columns
        /// @param image byte offset of the first position in `[B,O,P,Q]`
        void run(int o, int at, int count, long image);
    }

    private void each(Block b, Piece piece) {
        int positions = s.positions();
        Chunks.rows(b.outputs, b.n, (first, last) -> {
            for (int o = first; o < last; o++) {
                for (int at = 0, count; at < b.n; at += count) {
                    int image = (b.from + at) / positions;
                    int position = (b.from + at) % positions;
                    count = Math.min(b.n - at, positions - position);
                    long plane = (long) image * s.outputs() + (long) b.group * b.outputs + o;
                    piece.run(o, at, count, 4 * (plane * positions + position));
                }
            }
        });
    }
}
