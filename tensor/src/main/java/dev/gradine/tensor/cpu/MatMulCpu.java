package dev.gradine.tensor.cpu;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.Gemm.Form;
import dev.gradine.tensor.kernel.MatMulKernel;
import dev.gradine.tensor.kernel.MatMulShapes;
import java.util.List;

/// Matrix products: by blocks (`Gemm`); for few rows or columns with the other side read as it lies (`FewRows`);
/// for one to four rows by dot products (`Gemv`); for two tall matrices of which one is narrow in one pass over the
/// other (`TallProduct`).
final class MatMulCpu implements MatMulKernel {

    static final MatMulKernel KERNEL = new MatMulCpu(false);

    /// Sums each row of a product NT as if it were alone.
    static final MatMulKernel BY_ROW = new MatMulCpu(true);

    private final boolean byRow;

    private MatMulCpu(boolean byRow) {
        this.byRow = byRow;
    }

    @Override
    public void nt(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        requireNt("matmul_nt", a, b, c);
        if (byRow || Gemv.fits(a)) new Gemv(a, b, alpha, accumulate, c).run();
        else if (!FewRows.run(Form.NT, a, b, alpha, accumulate, c)) {
            new Gemm(Form.NT, a, b, alpha, accumulate, c).run();
        }
    }

    /// Of many products of about one size each thread computes whole ones: to share out a small one costs as much as
    /// it.
    @Override
    public void ntEach(List<Nt> products) {
        long most = products.stream().mapToLong(MatMulCpu::work).max().orElse(0);
        long all = products.stream().mapToLong(MatMulCpu::work).sum();
        if (most * Parallel.THREADS > all) {
            MatMulKernel.super.ntEach(products);
            return;
        }
        Parallel.forEach(products.size(), i -> {
            Nt p = products.get(i);
            nt(p.a(), p.b(), p.alpha(), p.accumulate(), p.c());
        });
    }

    private static long work(Nt p) {
        return (long) p.c().size() * p.a().shape().last();
    }

    @Override
    public void nn(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        requireNn("matmul_nn", a, b, c);
        if (FewRows.run(Form.NN, a, b, alpha, accumulate, c)) return;
        new Gemm(Form.NN, a, b, alpha, accumulate, c).run();
    }

    @Override
    public void tn(Tensor a, Tensor b, float alpha, boolean accumulate, Tensor c) {
        DTypeException.require("matmul_tn", "b", b, DType.F32);
        MatMulShapes.tn("matmul_tn", a, b, c);
        requireF32("matmul_tn", a, c);
        if (TallProduct.run(a, b, alpha, accumulate, c)) return;
        new Gemm(Form.TN, a, b, alpha, accumulate, c).run();
    }

    /// Says that `c[M,N]` can be `a[M,K] · b[N,K]ᵀ`.
    static void requireNt(String op, Tensor a, Tensor b, Tensor c) {
        MatMulShapes.nt(op, a, b, c);
        requireF32(op, a, c);
    }

    /// Says that `c[M,N]` can be `a[M,K] · b[K,N]`.
    static void requireNn(String op, Tensor a, Tensor b, Tensor c) {
        MatMulShapes.nn(op, a, b, c);
        requireF32(op, a, c);
    }

    private static void requireF32(String op, Tensor a, Tensor c) {
        DTypeException.require(op, "a", a, DType.F32);
        DTypeException.require(op, "c", c, DType.F32);
    }
}
