package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;

/// Launches `nf4_mat_mul.cu` and `int8_mat_mul.cu`: products with a frozen weight of codes, which is decoded on the way
/// and never stored as numbers. `MatMulCuda` has checked shapes and types, and decodes the weight once instead for many
/// rows of bf16. Magnitudes that are codes become f32 first: a 64th of the values.
final class CodedMatMulCuda {

    private static final int PIECE = 8; // values that are decoded together

    private final Gpu gpu;
    private final Nf4Cuda nf4;

    CodedMatMulCuda(Gpu gpu, Nf4Cuda nf4) {
        this.gpu = gpu;
        this.nf4 = nf4;
    }

    /// Whether these kernels multiply by `w`: rows of whole pieces, of INT8 with a scale each.
    static boolean takes(Tensor w) {
        if (w.shape().last() % PIECE != 0) return false;
        return switch (w.dtype()) {
            case NF4, FP4 -> true;
            case INT8 -> w.scales().block() == w.shape().last();
            default -> false;
        };
    }

    /// `c[M,N] (+)= alpha · a[M,K] · w[N,K]ᵀ`.
    void nt(Tensor a, Tensor w, float alpha, boolean accumulate, Tensor c) {
        int m = a.shape().dim(0);
        int n = w.shape().dim(0);
        boolean few = MatMulCuda.rows(m) >= m;
        Kernel kernel = kernel(w, few ? "nt_rows" + MatMulCuda.rows(m) : "nt" + path(a).suffix());
        Grid grid = few ? MatMulCuda.rowsGrid(n) : path(a).grid(m, n, 1);
        launch(kernel, grid, a, w, alpha, accumulate, c);
    }

    /// `c[M,N] (+)= alpha · a[M,K] · w[K,N]`.
    void nn(Tensor a, Tensor w, float alpha, boolean accumulate, Tensor c) {
        Grid grid = path(a).grid(a.shape().dim(0), w.shape().dim(1), 1);
        launch(kernel(w, "nn" + path(a).suffix()), grid, a, w, alpha, accumulate, c);
    }

    private static Kernel kernel(Tensor w, String name) {
        String stem = w.dtype() == DType.INT8 ? "int8_mat_mul" : "nf4_mat_mul";
        return new Kernel(stem, stem + "_" + name);
    }

    private static MatMulPath path(Tensor a) {
        return MatMulPath.canCopy(a) ? MatMulPath.CODED : MatMulPath.ANY;
    }

    private void launch(Kernel kernel, Grid grid, Tensor a, Tensor w, float alpha, boolean accumulate, Tensor c) {
        if (c.size() == 0) return;
        Arguments arguments = new Arguments().tensor(a, true).values(w, nf4.magnitudes(w));
        if (w.dtype() != DType.INT8) arguments.values(nf4.table(w.dtype()), Nf4Cuda.bits(w));
        arguments
                .tensor(c, true)
                .values(c.shape().dim(0), c.shape().dim(1), a.shape().dim(1), alpha, accumulate ? 1 : 0)
                .launch(gpu, kernel, grid);
    }
}
