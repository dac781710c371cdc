package dev.gradine.cuda.kernels;

import dev.gradine.cuda.kernels.MatMulPath.Layout;
import dev.gradine.gpu.DenseGemm;
import dev.gradine.gpu.DenseGemm.Form;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LowRankKernel;
import dev.gradine.tensor.kernel.MatMulShapes;
import java.util.List;

/// A linear layer with a low-rank update on the device: the update is a second sum in the registers of
/// the first.
///
/// Its narrow product u = x Aᵀ is either made before, which reads x twice and fills one tile per 128 rows,
/// or by every block of the wide one from the tiles of x it has: 16 more columns beside 128, an eighth
/// more work. The second is less where y has at most 8 tiles across, as keys and values have: counted, not
/// measured. Products of so few rows that their sums are cut into slices are made one after the other, and so are
/// those that a vendor's library takes or Hopper has a kernel for.
final class LowRankCuda implements LowRankKernel {

    private static final int NARROW = 16; // highest rank beside the wide product
    private static final int FEW_COLUMNS = 8 * MatMulPath.SIDE;
    private static final int PIECE = 16; // bytes of one asynchronous copy
    /// A tile of A beside each pair of tiles of x and W, as `rank_product.cuh` lays it out: `f32[NARROW,32]` in rows of
    /// 40, or its transpose in rows of 20, so that the lanes of a fragment read different banks.
    private static final int RANK_BYTES = Math.max(NARROW * 40, 32 * 20) * Float.BYTES;

    private static final int ONCE_BYTES = Layout.STAGES * (Layout.PAIR_BYTES + RANK_BYTES);

    private final Gpu gpu;
    private final MatMulCuda matMul;

    /// @param vendor whose products are used where it takes the types: one, or none
    LowRankCuda(Gpu gpu, List<DenseGemm> vendor) {
        this.gpu = gpu;
        this.matMul = new MatMulCuda(gpu, vendor);
    }

    @Override
    public void forward(Tensor x, Tensor w, Tensor a, Tensor b, float s, Tensor u, Tensor y) {
        MatMulShapes base = MatMulShapes.nt("low_rank", x, w, y);
        MatMulShapes.nt("low_rank", x, a, u);
        MatMulShapes.nt("low_rank", u, b, y);
        MatMulCuda.requireTypes("low_rank", x, y);
        RealType.requireActivation("low_rank", "u", u);
        RealType.requireActivation("low_rank", "a", a);
        RealType.requireActivation("low_rank", "b", b);
        boolean whole = matMul.mayCarryUpdate(Form.NT, base, x, w, y);
        if (whole && isNarrow(base, x, w, a, b)) {
            once("forward", base, x, w, a, b, s, u, y);
            return;
        }
        matMul.nt(x, a, 1, false, u);
        if (whole) {
            fused("forward", base, x, w, u, b, s, y);
        } else {
            matMul.nt(u, b, s, false, y); // the smaller term first: in bf16 it is rounded before the other is added
            matMul.nt(x, w, 1, true, y);
        }
    }

    @Override
    public void inputGradient(Tensor dy, Tensor w, Tensor a, Tensor b, float s, Tensor du, Tensor dx) {
        MatMulShapes base = MatMulShapes.nn("low_rank_gradient", dy, w, dx);
        MatMulShapes.nn("low_rank_gradient", dy, b, du);
        MatMulShapes.nn("low_rank_gradient", du, a, dx);
        MatMulCuda.requireTypes("low_rank_gradient", dy, dx);
        RealType.requireActivation("low_rank_gradient", "du", du);
        RealType.requireActivation("low_rank_gradient", "a", a);
        RealType.requireActivation("low_rank_gradient", "b", b);
        boolean whole = matMul.mayCarryUpdate(Form.NN, base, dy, w, dx);
        if (whole && isNarrow(base, dy, w, b, a)) {
            once("gradient", base, dy, w, b, a, s, du, dx);
            return;
        }
        matMul.nn(dy, b, s, false, du);
        if (whole) {
            fused("gradient", base, dy, w, du, a, 1, dx);
        } else {
            matMul.nn(du, a, 1, false, dx);
            matMul.nn(dy, w, 1, true, dx);
        }
    }

    /// @param a the adapter that x is multiplied by; `b` the other
    private static boolean isNarrow(MatMulShapes size, Tensor x, Tensor w, Tensor a, Tensor b) {
        int rank = a.size() / size.k();
        return size.n() <= FEW_COLUMNS
                && MatMulPath.of(x, w) == MatMulPath.BF16
                && a.dtype() == DType.F32
                && b.dtype() == DType.F32
                && rank <= NARROW
                && a.shape().last() * Float.BYTES % PIECE == 0
                && a.data().address() % PIECE == 0;
    }

    private void once(
            String pass, MatMulShapes size, Tensor x, Tensor w, Tensor a, Tensor b, float s, Tensor u, Tensor y) {
        if (y.size() == 0) return;
        Grid tiles = MatMulPath.BF16.grid(size.m(), size.n(), 1);
        new Arguments()
                .values(x, w, a, b, s)
                .tensor(u, true)
                .tensor(y, true)
                .values(size.m(), size.n(), size.k(), u.shape().last())
                .launch(
                        gpu,
                        new Kernel("low_rank", "low_rank_" + pass + "_once"),
                        new Grid(tiles.x(), 1, 1, tiles.threads(), ONCE_BYTES));
    }

    private void fused(String pass, MatMulShapes size, Tensor x, Tensor w, Tensor u, Tensor b, float s, Tensor y) {
        if (y.size() == 0) return;
        MatMulPath path = MatMulPath.of(x, w);
        boolean allF32 = MatMulPath.of(u, b) == MatMulPath.F32 && y.dtype() == DType.F32;
        if (path == MatMulPath.F32 && !allF32) path = MatMulPath.ANY;
        boolean first = MatMulCuda.decodesFirst(path, size.m(), w);
        if (first) path = MatMulPath.BF16;
        new Arguments()
                .tensor(x, path.typedA())
                .tensor(first ? matMul.decode(w) : w, w.dtype(), path.typedB())
                .tensor(u, path.typed())
                .tensor(b, path.typed())
                .values(s)
                .tensor(y, path.typed())
                .values(size.m(), size.n(), size.k(), u.shape().last())
                .launch(
                        gpu,
                        new Kernel("low_rank", "low_rank_" + pass + path.suffix()),
                        path.grid(size.m(), size.n(), 1));
    }
}
