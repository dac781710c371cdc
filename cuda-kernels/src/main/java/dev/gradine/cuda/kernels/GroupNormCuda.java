package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.Workspace;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.GroupNormKernel;
import org.jspecify.annotations.Nullable;

/// Launches `group_norm.cu`.
final class GroupNormCuda implements GroupNormKernel {

    private static final String OP = "group_norm";
    private static final int MOST_THREADS = 1024;
    private static final int THREADS = 256;

    private final Gpu gpu;
    private final Workspace sums;

    GroupNormCuda(Gpu gpu) {
        this.gpu = gpu;
        this.sums = new Workspace(gpu);
    }

    @Override
    public void forward(Tensor x, Tensor w, Tensor b, Groups groups, Tensor y, Tensor mean, Tensor rstd) {
        DType type = Data.type(OP, "x", x);
        Sizes s = Sizes.of(x, groups.statistics(x.shape()));
        require(OP, "w", w, DType.F32, s.channels);
        require(OP, "b", b, DType.F32, s.channels);
        require(OP, "y", y, type, x.size());
        require(OP, "mean", mean, DType.F32, s.rows());
        require(OP, "rstd", rstd, DType.F32, s.rows());
        if (x.size() == 0) return;
        new Arguments()
                .values(x, w, b, groups.eps(), y, mean, rstd, s.rows(), s.groups, s.perGroup(), s.positions)
                .launch(gpu, Data.kernel(OP, "forward", type), s.grid(gpu, type, 4));
    }

    @Override
    public void backward(
            Tensor dy,
            Tensor x,
            Tensor w,
            Tensor mean,
            Tensor rstd,
            Tensor dx,
            @Nullable Tensor dw,
            @Nullable Tensor db) {
        DType type = Data.type(OP, "x", x);
        Sizes s = Sizes.of(x, mean.shape());
        require(OP, "dy", dy, type, x.size());
        require(OP, "w", w, DType.F32, s.channels);
        require(OP, "mean", mean, DType.F32, s.rows());
        require(OP, "rstd", rstd, DType.F32, s.rows());
        require(OP, "dx", dx, type, x.size());
        ColumnSums.require(OP, "dw", dw, s.channels);
        ColumnSums.require(OP, "db", db, s.channels);
        if (x.size() == 0) return;
        int planes = s.images * s.channels;
        long sum = sums.room(2L * planes * Float.BYTES); // before dx, which may be dy
        Grid grid = Grids.rows(gpu, planes, Data.groups(s.positions, type), 2, THREADS);
        new Arguments()
                .values(dy, x, mean, rstd, sum, planes, s.perGroup(), s.positions)
                .launch(gpu, Data.kernel(OP, "plane_sums", type), grid);
        if (db != null) addOverImages(sum, db, s);
        if (dw != null) addOverImages(sum + (long) planes * Float.BYTES, dw, s);
        new Arguments()
                .values(dy, x, w, mean, rstd, sum, dx, s.rows(), s.groups, s.perGroup(), s.positions)
                .launch(gpu, Data.kernel(OP, "backward", type), s.grid(gpu, type, 2));
    }

    private void addOverImages(long sum, Tensor to, Sizes s) {
        Kernel kernel = new Kernel(OP, OP + "_over_images");
        gpu.launch(kernel, Grid.covering(s.channels, THREADS), sum, to, s.images, s.channels);
    }

    /// @param images B
    /// @param channels C of all groups
    /// @param groups G
    /// @param positions values of one channel of one image
    private record Sizes(int images, int channels, int groups, int positions) {

        static Sizes of(Tensor x, Shape statistics) {
            int planes = x.shape().dim(0) * x.shape().dim(1);
            int positions = planes == 0 ? 0 : x.size() / planes;
            return new Sizes(x.shape().dim(0), x.shape().dim(1), statistics.last(), positions);
        }

        int rows() {
            return images * groups;
        }

        int perGroup() {
            return channels / groups;
        }

        /// A block for each group of each image.
        Grid grid(Gpu gpu, DType type, int each) {
            return Grids.rows(gpu, rows(), perGroup() * Data.groups(positions, type), each, MOST_THREADS);
        }
    }
}
