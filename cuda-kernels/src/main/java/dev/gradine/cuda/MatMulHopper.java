package dev.gradine.cuda;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.MatMulShapes;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Products of bf16 by the kernels for Hopper alone, `mat_mul.sm_90a.cu`: as many blocks as there are
/// multiprocessors share the tiles of the result, and none shares a sum.
final class MatMulHopper {

    private static final int ROWS = 128; // of a tile of the result
    private static final int COLUMNS = 256;
    private static final int DEPTH = 64; // of k at a time
    private static final int SWIZZLE = 128; // bytes in a row of a box: 64 values
    private static final int THREADS = 384; // a warpgroup that copies, two that multiply
    private static final int STAGES = 4;
    private static final int SHARED = 1024 // to begin at a multiple of it
            + STAGES * (2 * DEPTH * (ROWS + COLUMNS) + 16) // operands and two barriers
            + 8 * 16 * 64 * Float.BYTES; // results of eight warps on their way

    private final Gpu gpu;
    private final Set<String> forms; // whose kernels may be chosen: asked once, a file is hashed for it

    MatMulHopper(Gpu gpu) {
        this.gpu = gpu;
        this.forms = Stream.of("nt", "nn", "tn")
                .filter(form -> gpu.runs(kernel(form)))
                .collect(Collectors.toSet());
    }

    private static Kernel kernel(String form) {
        return new Kernel("mat_mul.sm_90a", "mat_mul_" + form + "_bf16_hopper");
    }

    /// Whether the product of two bf16 matrices, as `MatMulPath.canCopy` wants them, is made here: it
    /// fills a tile, and the kernel may be chosen.
    ///
    /// @param form `nt`, `nn` or `tn`
    boolean takes(String form, MatMulShapes size) {
        return size.m() >= ROWS && size.n() >= COLUMNS && size.k() >= DEPTH && forms.contains(form);
    }

    /// c (+)= alpha · op(a) op(b).
    ///
    /// @param b bf16, a tensor or an address
    void run(String form, MatMulShapes size, Tensor a, Object b, Tensor c, float alpha, boolean accumulate) {
        int m = size.m();
        int n = size.n();
        int k = size.k();
        int tiles = Math.ceilDiv(m, ROWS) * Math.ceilDiv(n, COLUMNS);
        new Arguments()
                .values(form.equals("tn") ? operand(a, k, m, DEPTH) : operand(a, m, k, ROWS))
                .values(form.equals("nt") ? operand(b, n, k, COLUMNS) : operand(b, k, n, DEPTH))
                .tensor(c, true)
                .values(m, n, k, alpha, accumulate ? 1 : 0)
                .launch(gpu, kernel(form), new Grid(Math.min(tiles, gpu.multiprocessors()), 1, 1, THREADS, SHARED));
    }

    /// @param boxRows rows of it that one copy brings, 64 values of each
    private static TensorMap operand(Object matrix, int rows, int columns, int boxRows) {
        long address = matrix instanceof Tensor t ? DeviceMemory.address(t) : (Long) matrix;
        List<Long> sizes = List.of((long) columns, (long) rows);
        return new TensorMap(address, DType.BF16, sizes, List.of(2L * columns), List.of(64, boxRows), SWIZZLE);
    }
}
