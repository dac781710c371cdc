package dev.gradine.bench.gpu;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Scales;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel;
import dev.gradine.tensor.kernel.RopeAngles;
import java.util.ArrayList;
import java.util.List;

/// What is bound by memory: arithmetic element by element, rows, the optimiser, weights of four bits.
record MemoryWorks(GpuBenchSettings settings) {

    private static final int NF4_BLOCK = 64; // weights that share a magnitude
    private static final Goal NF4 = Goal.percent("weights of four bits", 70);
    private static final Goal STREAMING = Goal.percent("bound by memory", 80);

    List<GpuWork> pointwise(CudaKernels k) {
        Operands in = new Operands(k);
        Tensor a = in.random(DType.BF16, settings.rows(), settings.wide());
        Tensor b = in.random(DType.BF16, settings.rows(), settings.wide());
        Tensor copied = in.result(DType.BF16, settings.rows(), settings.wide());
        Tensor sum = in.result(DType.BF16, settings.rows(), settings.wide());
        Tensor gated = in.result(DType.BF16, settings.rows(), settings.wide());
        Tensor da = in.result(DType.BF16, settings.rows(), settings.wide());
        Tensor db = in.result(DType.BF16, settings.rows(), settings.wide());
        double bytes = a.bytes();
        return List.of(
                GpuWork.moving("copy", 2 * bytes, () -> k.copy(a, copied), in.norm(copied)),
                GpuWork.moving("add", 3 * bytes, () -> k.elementwise().add(a, b, sum), in.norm(sum))
                        .towards(STREAMING),
                GpuWork.moving("swiglu forward", 3 * bytes, () -> k.activation().swiGlu(a, b, gated), in.norm(gated))
                        .towards(STREAMING),
                GpuWork.moving(
                                "swiglu backward",
                                5 * bytes,
                                () -> k.activation().swiGluBackward(sum, a, b, da, db),
                                in.norm(da, db))
                        .towards(STREAMING));
    }

    List<GpuWork> rows(CudaKernels k) {
        int rows = settings.rows();
        int wide = settings.wide();
        Operands in = new Operands(k);
        Tensor x = in.random(DType.BF16, rows, wide);
        Tensor dy = in.random(DType.BF16, rows, wide);
        Tensor w = in.vector(wide);
        Tensor y = in.result(DType.BF16, rows, wide);
        Tensor dx = in.result(DType.BF16, rows, wide);
        Tensor rstd = k.zeros(Shape.of(rows));
        k.rmsNorm().forward(x, w, 1e-5f, y, rstd);
        double bytes = x.bytes();
        List<GpuWork> all = new ArrayList<>();
        all.add(GpuWork.moving(
                        "rms_norm forward", 2 * bytes, () -> k.rmsNorm().forward(x, w, 1e-5f, y, rstd), in.norm(y))
                .towards(STREAMING));
        all.add(GpuWork.moving(
                        "rms_norm backward",
                        3 * bytes,
                        () -> k.rmsNorm().backward(dy, x, w, rstd, dx, null),
                        in.norm(dx))
                .towards(STREAMING));
        Tensor cos = in.random(DType.F32, rows, 64);
        Tensor sin = in.random(DType.F32, rows, 64);
        RopeAngles angles = RopeAngles.halves(cos, sin);
        int[] positions = new int[rows];
        for (int i = 0; i < rows; i++) positions[i] = i;
        Tensor at = k.ofInts(positions);
        Tensor turned = in.result(DType.BF16, rows, wide);
        all.add(GpuWork.moving("rope", 2 * bytes, () -> k.rope().forward(x, at, angles, turned), in.norm(turned))
                .towards(STREAMING));
        Tensor logProb = in.result(DType.F32, rows);
        Tensor lse = k.zeros(Shape.of(rows));
        Tensor targets = in.tokens(rows, wide);
        all.add(GpuWork.moving(
                "log_prob", bytes, () -> k.logProb().forward(x, targets, logProb, lse, null), in.norm(logProb)));
        return all;
    }

    /// The norm is that of the two moments: parameters have one whether they are updated or not.
    List<GpuWork> adamW(CudaKernels k) {
        Operands in = new Operands(k);
        Tensor p = in.random(DType.F32, settings.rows(), settings.wide() / 2);
        Tensor g = in.random(DType.F32, settings.rows(), settings.wide() / 2);
        Tensor m = k.zeros(p.shape());
        Tensor v = k.zeros(p.shape());
        var update = new AdamWKernel.Update(1e-4f, 0.9f, 0.999f, 1e-8f, 0, 1, 1);
        return List.of(GpuWork.moving("adamw", 7.0 * p.bytes(), () -> k.adamW().step(p, g, m, v, update), in.norm(m, v))
                .towards(STREAMING));
    }

    /// Half a byte a weight and a magnitude every 64 of them in; two bytes a weight out, or with a vector one value
    /// a row.
    List<GpuWork> nf4(CudaKernels k) {
        Operands in = new Operands(k);
        int rows = settings.rows();
        int wide = settings.wide();
        Tensor some = weight(in, rows);
        Tensor y = in.result(DType.BF16, rows, wide);
        double bytes = (double) some.bytes() + some.scales().bytes() + y.bytes();
        Tensor many = weight(in, settings.nf4Rows());
        Tensor x = in.random(DType.BF16, 1, wide);
        Tensor sums = in.result(DType.BF16, 1, settings.nf4Rows());
        double read = (double) many.bytes() + many.scales().bytes();
        return List.of(
                GpuWork.moving("nf4 to bf16", bytes, () -> k.copy(some, y), in.norm(y))
                        .towards(NF4),
                GpuWork.moving("nf4 gemv", read, () -> k.matMul().nt(x, many, 1, false, sums), in.norm(sums))
                        .towards(NF4));
    }

    private Tensor weight(Operands in, int rows) {
        Shape shape = Shape.of(rows, settings.wide());
        Tensor codes = in.bytes(2, shape.size() / 2);
        return Tensor.coded(codes, DType.NF4, shape, new Scales(in.vector(shape.size() / NF4_BLOCK), NF4_BLOCK));
    }
}
