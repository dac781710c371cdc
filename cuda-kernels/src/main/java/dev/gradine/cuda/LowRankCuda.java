package dev.gradine.cuda;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LowRankKernel;
import dev.gradine.tensor.kernel.MatMulShapes;

/// A linear layer with a low-rank update on the device: the update is a second sum in the registers of
/// the first. Products of so few rows that their sums are cut into slices are made one after the other
/// instead.
final class LowRankCuda implements LowRankKernel {

    private final Gpu gpu;
    private final MatMulCuda matMul;

    LowRankCuda(Gpu gpu) {
        this.gpu = gpu;
        this.matMul = new MatMulCuda(gpu);
    }

    @Override
    public void forward(Tensor x, Tensor w, Tensor a, Tensor b, float s, Tensor u, Tensor y) {
        MatMulShapes base = MatMulShapes.nt("low_rank", x, w, y);
        MatMulShapes.nt("low_rank", u, b, y);
        MatMulCuda.requireTypes("low_rank", x, y);
        RealType.requireActivation("low_rank", "a", a);
        RealType.requireActivation("low_rank", "b", b);
        matMul.nt(x, a, 1, false, u);
        if (MatMulCuda.isWhole(base)) {
            fused("forward", base, x, w, u, b, s, y);
        } else {
            matMul.nt(x, w, 1, false, y);
            matMul.nt(u, b, s, true, y);
        }
    }

    @Override
    public void inputGradient(Tensor dy, Tensor w, Tensor a, Tensor b, float s, Tensor du, Tensor dx) {
        MatMulShapes base = MatMulShapes.nn("low_rank_gradient", dy, w, dx);
        MatMulShapes.nn("low_rank_gradient", du, a, dx);
        MatMulCuda.requireTypes("low_rank_gradient", dy, dx);
        RealType.requireActivation("low_rank_gradient", "a", a);
        RealType.requireActivation("low_rank_gradient", "b", b);
        matMul.nn(dy, b, s, false, du);
        if (MatMulCuda.isWhole(base)) {
            fused("gradient", base, dy, w, du, a, 1, dx);
        } else {
            matMul.nn(dy, w, 1, false, dx);
            matMul.nn(du, a, 1, true, dx);
        }
    }

    private void fused(String pass, MatMulShapes size, Tensor x, Tensor w, Tensor u, Tensor b, float s, Tensor y) {
        if (y.size() == 0) return;
        MatMulPath path = MatMulPath.of(x, w);
        boolean allF32 = MatMulPath.of(u, b) == MatMulPath.F32 && y.dtype() == DType.F32;
        if (path == MatMulPath.F32 && !allF32) path = MatMulPath.ANY;
        new Arguments()
                .tensor(x, path.typedA())
                .tensor(w, path.typedB())
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
