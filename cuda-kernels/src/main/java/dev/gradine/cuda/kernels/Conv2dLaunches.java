package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Conv2dKernel.Axis;
import dev.gradine.tensor.kernel.Conv2dShapes;
import java.util.function.Consumer;

/// The kernels of `conv2d.cu` for one convolution.
///
/// @param gpu what runs them
/// @param s sizes
/// @param type of images and their gradients
record Conv2dLaunches(Gpu gpu, Conv2dShapes s, DType type) {

    private static final String OP = "conv2d";
    private static final int STEP = 64; // positions of a block: rows of whole pieces of 16 bytes
    private static final int THREADS = 256;

    /// Positions `from … from + n`, counted over all images, for the outputs of one group.
    ///
    /// @param group index of the group
    /// @param from first position
    /// @param n positions
    record Block(int group, int from, int n) {}

    /// Hands out all blocks, group after group.
    ///
    /// @param values most of a block, under its windows
    void forEachBlock(int values, Consumer<Block> work) {
        int all = s.batch() * s.positions();
        if (s.windowValues() == 0 || s.groupOutputs() == 0) return;
        int most = Math.max(1, values / s.windowValues() / STEP) * STEP;
        for (int group = 0; group < s.windows().groups(); group++) {
            for (int from = 0; from < all; from += most) {
                work.accept(new Block(group, from, Math.min(most, all - from)));
            }
        }
    }

    /// Shape `[O,K]` of the weight.
    static Shape matrix(Conv2dShapes s) {
        return Shape.of(s.outputs(), s.windowValues());
    }

    /// The rows of the weight `[O,K]` that belong to the group of a block.
    Tensor ofGroup(Tensor weight, Block b) {
        return weight.rows(firstOutput(b), firstOutput(b) + s.groupOutputs());
    }

    private int firstOutput(Block b) {
        return b.group * s.groupOutputs();
    }

    private int firstChannel(Block b) {
        return b.group * s.groupChannels();
    }

    /// Writes `columns [K,n]` from the images.
    void columns(Block b, Tensor x, Tensor columns) {
        Arguments arguments = new Arguments().values(x, columns, firstChannel(b), s.windowValues(), b.from, b.n);
        sizes(arguments).launch(gpu, kernel("columns"), grid(columns.size()));
    }

    /// Adds `columns f32[K,n]` to the values of `dx` that they stand for.
    void add(Block b, Tensor columns, Tensor dx) {
        int images = Math.min(s.batch(), Math.ceilDiv(b.n, s.positions()) + 1);
        int touched = images * s.groupChannels() * s.height() * s.width();
        Arguments arguments = new Arguments().values(columns, dx, firstChannel(b), s.windowValues(), b.from, b.n);
        sizes(arguments).launch(gpu, kernel("add"), grid(touched));
    }

    /// Writes `results f32[O,n]` plus the bias to their places in `y`.
    void place(Block b, Tensor results, Tensor bias, Tensor y) {
        positions(new Arguments().values(results, bias, y), b).launch(gpu, kernel("place"), grid(results.size()));
    }

    /// Writes `results [O,n]` from their places in `dy`.
    void take(Block b, Tensor dy, Tensor results) {
        positions(new Arguments().values(dy, results), b).launch(gpu, kernel("take"), grid(results.size()));
    }

    /// Adds the sums over images and positions into `db`.
    static void bias(Gpu gpu, Tensor dy, Tensor db) {
        if (dy.size() == 0) return;
        int positions = dy.shape().dim(2) * dy.shape().dim(3);
        Grid grid = Grids.rows(gpu, db.size(), positions, 4, THREADS);
        gpu.launch(Data.kernel(OP, "bias", dy.dtype()), grid, dy, db, dy.shape().dim(0), db.size(), positions);
    }

    private Arguments sizes(Arguments to) {
        Axis y = s.windows().rows();
        Axis x = s.windows().columns();
        return to.values(s.channels(), s.height(), s.width(), s.w().dim(2), s.w().dim(3), s.outHeight(), s.outWidth())
                .values(y.stride(), y.padding(), y.dilation(), x.stride(), x.padding(), x.dilation());
    }

    private Arguments positions(Arguments to, Block b) {
        return to.values(firstOutput(b), s.groupOutputs(), s.outputs(), b.from, b.n, s.positions());
    }

    private Kernel kernel(String name) {
        return Data.kernel(OP, name, type);
    }

    private Grid grid(int n) {
        return Grids.values(gpu, n, DType.F32);
    }
}
