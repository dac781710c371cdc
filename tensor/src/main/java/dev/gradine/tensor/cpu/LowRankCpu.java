package dev.gradine.tensor.cpu;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.Gemm.Form;
import dev.gradine.tensor.kernel.LowRankKernel;
import dev.gradine.tensor.kernel.MatMulKernel;

/// A linear layer with a low-rank update in one blocked product: x is read and packed once for W and A,
/// and the update is a second term, so that y is written once, tile by tile, while it is in the
/// first-level cache.
final class LowRankCpu implements LowRankKernel {

    static final LowRankKernel KERNEL = new LowRankCpu(false);

    /// Sums each row as if it were alone.
    static final LowRankKernel BY_ROW = new LowRankCpu(true);

    private static final int HIGHEST_RANK = 512; // of a second term: one block of rows holds all its K

    private final MatMulKernel products;
    private final boolean byRow;

    private LowRankCpu(boolean byRow) {
        this.byRow = byRow;
        this.products = byRow ? MatMulCpu.BY_ROW : MatMulCpu.KERNEL;
    }

    @Override
    public void forward(Tensor x, Tensor w, Tensor a, Tensor b, float s, Tensor u, Tensor y) {
        MatMulCpu.requireNt("low_rank", x, a, u);
        MatMulCpu.requireNt("low_rank", x, w, y);
        MatMulCpu.requireNt("low_rank", u, b, y);
        if (byRow || Gemv.fits(x) || FewRows.hasFewRows(x) || u.shape().dim(1) > HIGHEST_RANK) {
            products.nt(x, a, 1, false, u);
            products.nt(x, w, 1, false, y);
            products.nt(u, b, s, true, y);
        } else {
            Gemm base = new Gemm(Form.NT, x, w, 1, false, y).plus(Form.NT, u, b, s);
            if (!base.alongside(Form.NT, x, a, 1, u)) MatMulCpu.KERNEL.nt(x, a, 1, false, u);
            base.run();
        }
    }

    @Override
    public void inputGradient(Tensor dy, Tensor w, Tensor a, Tensor b, float s, Tensor du, Tensor dx) {
        MatMulCpu.requireNn("low_rank_gradient", dy, b, du);
        MatMulCpu.requireNn("low_rank_gradient", dy, w, dx);
        MatMulCpu.requireNn("low_rank_gradient", du, a, dx);
        if (du.shape().dim(1) > HIGHEST_RANK) {
            rankGradient(dy, b, s, du);
            MatMulCpu.KERNEL.nn(dy, w, 1, false, dx);
            MatMulCpu.KERNEL.nn(du, a, 1, true, dx);
        } else {
            Gemm base = new Gemm(Form.NN, dy, w, 1, false, dx).plus(Form.NN, du, a, 1);
            if (!base.alongside(Form.NN, dy, b, s, du)) rankGradient(dy, b, s, du);
            base.run();
        }
    }

    /// `du = s · (dy B)`, in this order, as beside the base product.
    private static void rankGradient(Tensor dy, Tensor b, float s, Tensor du) {
        MatMulCpu.KERNEL.nn(dy, b, 1, false, du);
        ElementwiseCpu.KERNEL.scale(du, s, du);
    }
}
