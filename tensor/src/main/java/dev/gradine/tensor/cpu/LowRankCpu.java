package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LowRankKernel;

/// A linear layer with a low-rank update: the update is a second term of the same blocked product, so that y is written
/// once, tile by tile, while it is in the first-level cache.
final class LowRankCpu implements LowRankKernel {

    static final LowRankKernel KERNEL = new LowRankCpu();

    private static final int HIGHEST_RANK = 512; // of a second term: one block of rows holds all its K

    private LowRankCpu() {}

    @Override
    public void forward(Tensor x, Tensor w, Tensor a, Tensor b, float s, Tensor u, Tensor y) {
        MatMulCpu.KERNEL.nt(x, a, 1, false, u);
        if (x.shape().dim(0) <= Gemv.MOST_ROWS || u.shape().dim(1) > HIGHEST_RANK) {
            MatMulCpu.KERNEL.nt(x, w, 1, false, y);
            MatMulCpu.KERNEL.nt(u, b, s, true, y);
        } else {
            MatMulCpu.requireNt("low_rank", x, w, y);
            MatMulCpu.requireNt("low_rank", u, b, y);
            new Gemm(Gemm.Form.NT, x, w, 1, false, y)
                    .plus(Gemm.Form.NT, u, b, s)
                    .run();
        }
    }

    @Override
    public void inputGradient(Tensor dy, Tensor w, Tensor a, Tensor b, float s, Tensor du, Tensor dx) {
        MatMulCpu.KERNEL.nn(dy, b, s, false, du);
        if (du.shape().dim(1) > HIGHEST_RANK) {
            MatMulCpu.KERNEL.nn(dy, w, 1, false, dx);
            MatMulCpu.KERNEL.nn(du, a, 1, true, dx);
            return;
        }
        MatMulCpu.requireNn("low_rank_gradient", dy, w, dx);
        MatMulCpu.requireNn("low_rank_gradient", du, a, dx);
        new Gemm(Gemm.Form.NN, dy, w, 1, false, dx).plus(Gemm.Form.NN, du, a, 1).run();
    }
}
