package dev.gradine.cuda.kernels;

import dev.gradine.gpu.DenseGemm.Form;
import dev.gradine.gpu.DenseGemm.Matrix;
import dev.gradine.gpu.DenseGemm.Product;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.TensorMap;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.kernel.MatMulShapes;
import java.util.EnumSet;
import java.util.Set;

/// Products of bf16 by the kernels for Hopper alone, `mat_mul.sm_90a.cu`: as many blocks as there are
/// multiprocessors share the tiles of the result, and none shares a sum.
final class MatMulHopper {

    private static final int ROWS = 128; // of a tile of the result
    private static final int COLUMNS = 256;
    private static final int DEPTH = 64; // of k at a time
    private static final int THREADS = 384; // a warpgroup that copies, two that multiply
    private static final int STAGES = 4;
    private static final int SHARED = 1024 // to begin at a multiple of it
            + STAGES * (2 * DEPTH * (ROWS + COLUMNS) + 16) // operands and two barriers
            + 8 * 16 * 64 * Float.BYTES; // results of eight warps on their way

    private final Gpu gpu;
    private final Set<Form> forms =
            EnumSet.noneOf(Form.class); // that may be chosen: asked once, a file is hashed for it

    MatMulHopper(Gpu gpu) {
        this.gpu = gpu;
        for (Form form : Form.values()) if (gpu.runs(kernel(form))) forms.add(form);
    }

    private static Kernel kernel(Form form) {
        return new Kernel("mat_mul.sm_90a", "mat_mul_" + form + "_bf16_hopper");
    }

    /// Whether the product of two bf16 matrices, as `MatMulPath.canCopy` wants them, is made here: it
    /// fills a tile, and the kernel may be chosen.
    boolean takes(Form form, MatMulShapes size) {
        return size.m() >= ROWS && size.n() >= COLUMNS && size.k() >= DEPTH && forms.contains(form);
    }

    /// Starts a product of bf16 matrices that it takes, to f32 or bf16.
    void multiply(Product p) {
        int m = p.size().m();
        int n = p.size().n();
        int k = p.size().k();
        int tiles = Math.ceilDiv(m, ROWS) * Math.ceilDiv(n, COLUMNS);
        new Arguments()
                .values(p.form() == Form.TN ? operand(p.a(), k, m, DEPTH) : operand(p.a(), m, k, ROWS))
                .values(p.form() == Form.NT ? operand(p.b(), n, k, COLUMNS) : operand(p.b(), k, n, DEPTH))
                .tensor(p.c().address(), p.c().type(), true)
                .values(m, n, k, p.alpha(), p.accumulate() ? 1 : 0)
                .launch(gpu, kernel(p.form()), new Grid(Math.min(tiles, gpu.multiprocessors()), 1, 1, THREADS, SHARED));
    }

    /// @param boxRows rows of it that one copy brings, 64 values of each
    private static TensorMap operand(Matrix matrix, int rows, int columns, int boxRows) {
        return TensorMap.matrix(matrix.address(), DType.BF16, rows, columns, boxRows, 64);
    }
}
