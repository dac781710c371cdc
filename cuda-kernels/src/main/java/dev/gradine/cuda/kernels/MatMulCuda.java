package dev.gradine.cuda.kernels;

import dev.gradine.gpu.DenseGemm;
import dev.gradine.gpu.DenseGemm.Form;
import dev.gradine.gpu.DenseGemm.Matrix;
import dev.gradine.gpu.DenseGemm.Product;
import dev.gradine.gpu.Gpu;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.gpu.Workspace;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.MatMulKernel;
import dev.gradine.tensor.kernel.MatMulShapes;
import java.util.List;
import java.util.Locale;

/// Matrix products on the device, each on the path that its operands allow. `a` and `c` are F32 or
/// BF16, each for itself: a gradient of f32 parameters may come from bf16 data.
final class MatMulCuda implements MatMulKernel {

    private static final int ENOUGH_BLOCKS = 256; // to keep a large GPU busy
    private static final int SHORTEST_SLICE = 256; // of k, for which a block of its own pays
    private static final int MOST_SLICES = 32;
    private static final int FEW_ROWS = 8; // for which b is read once, a warp per four of its rows
    private static final int MANY_ROWS = 256; // for which b is decoded once, not by each tile of 128 rows
    private static final long MOST_DECODED = 256L << 20; // bytes, beyond which it never is
    private static final int COLUMNS = 16; // of the result, which one block of that kernel computes

    private final Gpu gpu;
    private final List<DenseGemm> vendor;
    private final MatMulHopper hopper;
    private final Workspace slices;
    private final Workspace decoded;
    private final Nf4Cuda nf4;
    private final CodedMatMulCuda coded;

    MatMulCuda(Gpu gpu) {
        this(gpu, List.of());
    }

    /// @param vendor whose products are used where it takes the types: one, or none
    MatMulCuda(Gpu gpu, List<DenseGemm> vendor) {
        this.gpu = gpu;
        this.vendor = vendor;
        this.hopper = new MatMulHopper(gpu);
        this.slices = new Workspace(gpu);
        this.decoded = new Workspace(gpu);
        this.nf4 = new Nf4Cuda(gpu);
        this.coded = new CodedMatMulCuda(gpu, nf4);
    }

    @Override
    public void nt(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        MatMulShapes size = MatMulShapes.nt("matmul_nt", a, b, c);
        requireTypes("matmul_nt", a, c);
        if (isDecodedOnTheWay(size, a, b)) {
            if (CodedMatMulCuda.takes(b)) coded.nt(a, b, alpha, accumulate, c);
            else nt(a, nf4.f32(b), alpha, accumulate, c);
        } else if (size.m() <= FEW_ROWS && !isVendors(size.m(), a, b, c)) rows(size, a, b, alpha, accumulate, c);
        else run(Form.NT, size, a, b, alpha, accumulate, c);
    }

    @Override
    public void nn(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        MatMulShapes size = MatMulShapes.nn("matmul_nn", a, b, c);
        requireTypes("matmul_nn", a, c);
        if (isDecodedOnTheWay(size, a, b)) {
            if (CodedMatMulCuda.takes(b)) coded.nn(a, b, alpha, accumulate, c);
            else nn(a, nf4.f32(b), alpha, accumulate, c);
        } else {
            run(Form.NN, size, a, b, alpha, accumulate, c);
        }
    }

    @Override
    public void tn(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        RealType.requireActivation("matmul_tn", "b", b);
        run(Form.TN, MatMulShapes.tn("matmul_tn", a, b, c), a, b, alpha, accumulate, c);
    }

    /// Whether `b` has scales and is not decoded to bf16 before.
    private static boolean isDecodedOnTheWay(MatMulShapes size, Tensor a, Tensor b) {
        return b.dtype().hasScales() && !decodesFirst(MatMulPath.of(a, b), size.m(), b);
    }

    private void rows(MatMulShapes size, Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        if (c.size() == 0) return;
        new Arguments()
                .tensor(a, true)
                .tensor(b, true)
                .tensor(c, true)
                .values(size.m(), size.n(), size.k(), alpha, accumulate ? 1 : 0)
                .launch(gpu, new Kernel("mat_mul", "mat_mul_nt_rows" + rows(size.m())), rowsGrid(size.n()));
    }

    /// Rows that the kernel for at least `m` of them takes.
    static int rows(int m) {
        return m == 1 ? 1 : FEW_ROWS;
    }

    /// Blocks of the kernels for few rows.
    static Grid rowsGrid(int n) {
        return Grid.of(Math.ceilDiv(n, COLUMNS), 128);
    }

    private void run(Form form, MatMulShapes size, Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        requireTypes("matmul_" + form, a, c);
        if (c.size() == 0) return;
        boolean isVendors = isVendors(size.m(), a, b, c);
        if (isVendors || onHopper(form, size, a, b)) {
            boolean first = decodesFirst(MatMulPath.of(a, b), size.m(), b);
            Matrix to = first ? new Matrix(decode(b), DType.BF16) : Matrix.of(b);
            Product product = new Product(form, size, Matrix.of(a), to, Matrix.of(c), alpha, accumulate);
            if (isVendors) gpu.inOrder(() -> vendor.getFirst().multiply(product));
            else hopper.multiply(product);
            return;
        }
        int count = slices(size);
        if (count == 1) {
            product(form, size, 1, a, b, c, c.dtype(), alpha, accumulate);
            return;
        }
        long sums = slices.room(4L * count * c.size());
        product(form, size, count, a, b, sums, DType.F32, alpha, false);
        int blocks = Math.min(4 * ENOUGH_BLOCKS, Math.ceilDiv(c.size(), 256));
        new Arguments()
                .values(sums)
                .tensor(c, true)
                .values(c.size(), count, accumulate ? 1 : 0)
                .launch(gpu, new Kernel("mat_mul", "mat_mul_slices"), Grid.of(blocks, 256));
    }

    /// @param c a tensor or an address
    private void product(
            Form form,
            MatMulShapes size,
            int count,
            Tensor a,
            Tensor b,
            Object c,
            DType type,
            float alpha,
            boolean accumulate) {
        MatMulPath path = MatMulPath.of(a, b);
        if (path == MatMulPath.F32 && type != DType.F32) path = MatMulPath.ANY;
        boolean first = decodesFirst(path, size.m(), b);
        if (first) path = MatMulPath.BF16;
        new Arguments()
                .tensor(a, path.typedA())
                .tensor(first ? decode(b) : b, b.dtype(), path.typedB())
                .tensor(c, type, path.typed())
                .values(size.m(), size.n(), size.k(), alpha, accumulate ? 1 : 0)
                .launch(
                        gpu,
                        new Kernel("mat_mul", "mat_mul_" + form + path.suffix()),
                        path.grid(size.m(), size.n(), count));
    }

    /// Whether the vendor's library multiplies these, `b` as it is or once it is decoded.
    ///
    /// @param rows of the result
    private boolean isVendors(int rows, Tensor a, Tensor b, Tensor c) {
        if (vendor.isEmpty()) return false;
        DType type = decodesFirst(MatMulPath.of(a, b), rows, b) ? DType.BF16 : b.dtype();
        return vendor.getFirst().takes(a.dtype(), type, c.dtype());
    }

    /// Whether a low-rank update may be a second sum in the registers of this product: whole, and neither
    /// the vendor's nor one for Hopper alone.
    boolean mayCarryUpdate(Form form, MatMulShapes size, Tensor a, Tensor b, Tensor c) {
        return isWhole(size)
                && !isDecodedOnTheWay(size, a, b)
                && !isVendors(size.m(), a, b, c)
                && !onHopper(form, size, a, b);
    }

    /// Whether many rows are to be multiplied by a `b` that is not bf16 yet.
    static boolean decodesFirst(MatMulPath path, int rows, Tensor b) {
        return path == MatMulPath.CODED
                && rows >= MANY_ROWS
                && b.dtype() != DType.BF16
                && b.shape().last() % 8 == 0
                && 2L * b.size() <= MOST_DECODED;
    }

    /// The address of `b` in bf16, until the next call.
    long decode(Tensor b) {
        long to = decoded.room(2L * b.size());
        if (b.dtype().hasScales()) {
            nf4.decode(b, to, DType.BF16);
            return to;
        }
        Kernel kernel = new Kernel("convert", "convert_" + b.dtype().name().toLowerCase(Locale.ROOT) + "_bf16");
        gpu.launch(kernel, Grids.values(gpu, b.size(), DType.BF16), b, to, b.size());
        return to;
    }

    /// In how many parts k is summed: 1 unless there are few tiles. It depends on the sizes alone, so
    /// that sums have one order on every GPU.
    private static int slices(MatMulShapes size) {
        int wanted = Math.min(ENOUGH_BLOCKS / MatMulPath.tiles(size.m(), size.n()), size.k() / SHORTEST_SLICE);
        return Math.clamp(wanted, 1, MOST_SLICES);
    }

    /// Whether one kernel computes the product, a block per tile: not with few rows, not in slices.
    private static boolean isWhole(MatMulShapes size) {
        return size.m() > FEW_ROWS && slices(size) == 1;
    }

    /// Whether the kernels for Hopper alone make this product: one that the sizes leave whole, of bf16 or
    /// what becomes it before.
    boolean onHopper(Form form, MatMulShapes size, Tensor a, Tensor b) {
        MatMulPath path = MatMulPath.of(a, b);
        boolean isBf16 = path == MatMulPath.BF16 || decodesFirst(path, size.m(), b);
        return isBf16 && isWhole(size) && hopper.takes(form, size);
    }

    static void requireTypes(String op, Tensor a, Tensor c) {
        RealType.requireActivation(op, "a", a);
        RealType.requireActivation(op, "c", c);
    }
}
