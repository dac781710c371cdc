package dev.gradine.cuda.kernels;

import static dev.gradine.tensor.kernel.Operands.require;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LogProbKernel;
import org.jspecify.annotations.Nullable;

/// Launches `log_prob.cu`.
final class LogProbCuda implements LogProbKernel {

    private static final String OP = "log_prob";
    private static final long NONE = 0; // address of what is not wanted
    private static final int MOST_THREADS = 1024;
    private static final int BACKWARD_THREADS = 256;
    private static final int CHUNK = 4 * BACKWARD_THREADS; // groups of a row that a block takes at a time

    private final Gpu gpu;

    LogProbCuda(Gpu gpu) {
        this.gpu = gpu;
    }

    @Override
    public void forward(Tensor logits, Tensor targets, Tensor logProb, Tensor lse, @Nullable Stats stats) {
        DType type = Data.type(OP, "logits", logits);
        int v = logits.shape().last();
        int n = logits.shape().rows();
        require(OP, "targets", targets, DType.I32, n);
        require(OP, "logProb", logProb, DType.F32, n);
        require(OP, "lse", lse, DType.F32, n);
        Grid grid = Grids.rows(gpu, n, Data.groups(v, type), 4, MOST_THREADS);
        if (stats == null) {
            if (n == 0) return;
            gpu.launch(Data.kernel(OP, "forward", type), grid, logits, targets, logProb, lse, n, v);
            return;
        }
        require(OP, "entropy", stats.entropy(), DType.F32, n);
        require(OP, "argmax", stats.argmax(), DType.I32, n);
        require(OP, "meanLogit", stats.meanLogit(), DType.F32, n);
        Tensor collision = stats.collision();
        if (collision != null) require(OP, "collision", collision, DType.F32, n);
        if (n == 0) return;
        Kernel kernel = Data.kernel(OP, "forward_stats", type);
        Tensor entropy = stats.entropy();
        Tensor mean = stats.meanLogit();
        Object agreement = collision == null ? NONE : collision;
        gpu.launch(kernel, grid, logits, targets, logProb, lse, entropy, stats.argmax(), mean, agreement, n, v);
    }

    @Override
    public void backward(Tensor dy, Tensor targets, Tensor lse, float smoothing, Tensor logits) {
        DType type = Data.type(OP, "logits", logits);
        int v = logits.shape().last();
        int n = logits.shape().rows();
        require(OP, "dy", dy, DType.F32, n);
        require(OP, "targets", targets, DType.I32, n);
        require(OP, "lse", lse, DType.F32, n);
        if (n == 0) return;
        long items = (long) n * Math.ceilDiv(Data.groups(v, type), CHUNK);
        Grid grid = Grids.rows(gpu, (int) Math.min(items, Integer.MAX_VALUE), CHUNK, 4, BACKWARD_THREADS);
        gpu.launch(Data.kernel(OP, "backward", type), grid, dy, targets, lse, logits, smoothing, n, v);
    }
}
