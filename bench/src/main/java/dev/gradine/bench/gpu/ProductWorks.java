package dev.gradine.bench.gpu;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.gpu.DenseGemm;
import dev.gradine.gpu.DenseGemm.Form;
import dev.gradine.gpu.DenseGemm.Matrix;
import dev.gradine.gpu.DenseGemm.Product;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.MatMulKernel;
import dev.gradine.tensor.kernel.MatMulShapes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Square matrix products of all three forms, beside cuBLAS.
///
/// @param vendor cuBLAS: one, or none
record ProductWorks(GpuBenchSettings settings, List<? extends DenseGemm> vendor) {

    /// Floor of a bf16 product by the tensor cores' older instructions.
    private static final Goal LARGEST = Goal.rate("largest bf16 product", 400);

    /// Products `n × n` of one type, in memory of `k`.
    List<GpuWork> works(CudaKernels k, int n, DType type) {
        Operands in = new Operands(k);
        Tensor a = in.random(type, n, n);
        Tensor b = in.random(type, n, n);
        List<GpuWork> all = new ArrayList<>();
        for (Form form : Form.values()) {
            Tensor c = in.result(type, n, n);
            Product p =
                    new Product(form, new MatMulShapes(n, n, n), Matrix.of(a), Matrix.of(b), Matrix.of(c), 1, false);
            List<Runnable> peer = vendor.stream()
                    .filter(v -> v.takes(type, type, type))
                    .map(v -> (Runnable) () -> k.gpu().inOrder(() -> v.multiply(p)))
                    .toList();
            String name = "gemm %s %s %d".formatted(form, type.name().toLowerCase(Locale.ROOT), n);
            GpuWork w = GpuWork.computing(name, 2.0 * n * n * n, () -> run(k.matMul(), form, a, b, c), in.norm(c));
            boolean isGoal = type == DType.BF16 && n == settings.gemm().getLast();
            all.add(w.besideCublas(peer).towards(isGoal ? LARGEST : Goal.NONE));
        }
        return all;
    }

    private static void run(MatMulKernel k, Form form, Tensor a, Tensor b, Tensor c) {
        switch (form) {
            case NT -> k.nt(a, b, 1, false, c);
            case NN -> k.nn(a, b, 1, false, c);
            case TN -> k.tn(a, b, 1, false, c);
        }
    }
}
