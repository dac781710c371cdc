package dev.gradine.cli.gpu;

import dev.gradine.cuda.CudaKernels;
import dev.gradine.cuda.DenseGemm.Form;
import dev.gradine.cuda.DenseGemm.Matrix;
import dev.gradine.cuda.DenseGemm.Product;
import dev.gradine.cuda.driver.CuBlas;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel;
import dev.gradine.tensor.kernel.AttentionKernel.Heads;
import dev.gradine.tensor.kernel.AttentionKernel.Upstream;
import dev.gradine.tensor.kernel.MatMulShapes;
import dev.gradine.tensor.kernel.Segments;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/// Kernels at the sizes of a model of eight billion parameters. Inputs are random: zeros take less power, and look
/// fast.
/// What moves bytes moves more than a card's cache holds.
final class GpuWorks {

    private static final int ROWS = 16_384;
    private static final int WIDE = 8192; // values of a row: 256 MiB of bf16 in all
    private static final int NF4_BLOCK = 64; // weights that share a magnitude
    private static final int PATTERN = 1 << 20; // random values, repeated

    private final CudaKernels run;
    private final List<CuBlas> cublas;
    private final float[] pattern = new float[PATTERN];

    GpuWorks(CudaKernels run, List<CuBlas> cublas) {
        this.run = run;
        this.cublas = cublas;
        SplittableRandom rng = new SplittableRandom(1);
        for (int i = 0; i < PATTERN; i++) pattern[i] = (float) rng.nextDouble(-1, 1);
    }

    /// Gives each work to `timer`, its memory freed before that of the next is taken.
    void forEach(Consumer<GpuWork> timer) {
        for (int n : new int[] {1024, 2048, 4096, 8192}) with(timer, k -> List.of(gemm(k, n, DType.BF16)));
        with(timer, k -> List.of(gemm(k, 4096, DType.F32)));
        with(timer, this::pointwise);
        with(timer, this::rows);
        with(timer, this::adamW);
        with(timer, this::nf4);
        for (int t : new int[] {4096, 16_384}) {
            for (int d : new int[] {64, 128}) with(timer, k -> attention(k, t, d));
        }
    }

    private interface Works {
        List<GpuWork> of(CudaKernels k);
    }

    private void with(Consumer<GpuWork> timer, Works works) {
        try (CudaKernels k = run.openStep()) {
            works.of(k).forEach(timer);
        }
    }

    private Tensor random(Kernels k, DType type, int... dims) {
        Tensor t = k.empty(type, Shape.of(dims));
        int rowValues = t.size() / dims[0];
        Tensor flat = t.reshape(Shape.of(dims[0], rowValues));
        int rows = Math.max(1, PATTERN / rowValues);
        try (Kernels scratch = k.openStep()) {
            for (int from = 0; from < dims[0]; from += rows) {
                int to = Math.min(dims[0], from + rows);
                float[] values = new float[(to - from) * rowValues];
                for (int i = 0; i < values.length; i++) values[i] = pattern[i % PATTERN];
                Tensor part = scratch.of(Shape.of(to - from, rowValues), values);
                scratch.copy(part, flat.rows(from, to));
                scratch.release(part);
            }
        }
        return t;
    }

    private GpuWork gemm(Kernels k, int n, DType type) {
        Tensor a = random(k, type, n, n);
        Tensor b = random(k, type, n, n);
        Tensor c = k.empty(type, Shape.of(n, n));
        List<Runnable> peer = cublas.stream()
                .map(l -> (Runnable) () -> l.multiply(new Product(
                        Form.NT, new MatMulShapes(n, n, n), Matrix.of(a), Matrix.of(b), Matrix.of(c), 1, false)))
                .toList();
        String name = "gemm " + type.name().toLowerCase(java.util.Locale.ROOT) + " " + n;
        return new GpuWork(name, 0, 2.0 * n * n * n, () -> k.matMul().nt(a, b, 1, false, c), peer, c);
    }

    private List<GpuWork> pointwise(Kernels k) {
        Tensor a = random(k, DType.BF16, ROWS, WIDE);
        Tensor b = random(k, DType.BF16, ROWS, WIDE);
        Tensor y = k.empty(DType.BF16, a.shape());
        double bytes = a.bytes();
        return List.of(
                GpuWork.moving("copy", 2 * bytes, () -> k.copy(a, y), y),
                GpuWork.moving("add", 3 * bytes, () -> k.elementwise().add(a, b, y), y),
                GpuWork.moving("swiglu", 3 * bytes, () -> k.activation().swiGlu(a, b, y), y));
    }

    private List<GpuWork> rows(Kernels k) {
        Tensor x = random(k, DType.BF16, ROWS, WIDE);
        Tensor dy = random(k, DType.BF16, ROWS, WIDE);
        Tensor w = random(k, DType.F32, WIDE, 1).reshape(Shape.of(WIDE));
        Tensor y = k.empty(DType.BF16, x.shape());
        Tensor rstd = k.zeros(Shape.of(ROWS));
        k.rmsNorm().forward(x, w, 1e-5f, y, rstd);
        double bytes = x.bytes();
        List<GpuWork> all = new ArrayList<>();
        all.add(GpuWork.moving("rms_norm forward", 2 * bytes, () -> k.rmsNorm().forward(x, w, 1e-5f, y, rstd), y));
        all.add(GpuWork.moving("rms_norm backward", 3 * bytes, () -> k.rmsNorm().backward(dy, x, w, rstd, y, null), y));
        int half = 64;
        Tensor cos = random(k, DType.F32, ROWS, half);
        Tensor sin = random(k, DType.F32, ROWS, half);
        int[] positions = new int[ROWS];
        for (int i = 0; i < ROWS; i++) positions[i] = i;
        Tensor at = k.ofInts(positions);
        all.add(GpuWork.moving("rope", 2 * bytes, () -> k.rope().forward(x, at, cos, sin, y), y));
        Tensor logProb = k.zeros(Shape.of(ROWS));
        Tensor lse = k.zeros(Shape.of(ROWS));
        Tensor targets = k.ofInts(new int[ROWS]);
        all.add(GpuWork.moving("log_prob", bytes, () -> k.logProb().forward(x, targets, logProb, lse, null), logProb));
        return all;
    }

    private List<GpuWork> adamW(Kernels k) {
        Tensor p = random(k, DType.F32, ROWS, 4096);
        Tensor g = random(k, DType.F32, ROWS, 4096);
        Tensor m = k.zeros(p.shape());
        Tensor v = k.zeros(p.shape());
        var update = new AdamWKernel.Update(1e-4f, 0.9f, 0.999f, 1e-8f, 0, 1, 1);
        return List.of(GpuWork.moving("adamw", 7.0 * p.bytes(), () -> k.adamW().step(p, g, m, v, update), p));
    }

    /// Half a byte a weight and a magnitude every 64 of them in, two bytes a weight out.
    private List<GpuWork> nf4(CudaKernels k) {
        byte[] random = new byte[ROWS * WIDE / 2];
        new SplittableRandom(2).nextBytes(random);
        Tensor codes = k.ofBytes(random);
        int blocks = ROWS * WIDE / NF4_BLOCK;
        Tensor table = random(k, DType.F32, 16, 1).reshape(Shape.of(16));
        Tensor magnitudes = random(k, DType.F32, ROWS, blocks / ROWS).reshape(Shape.of(blocks));
        Tensor y = k.empty(DType.BF16, Shape.of(ROWS, WIDE));
        double bytes = (double) codes.bytes() + magnitudes.bytes() + y.bytes();
        return List.of(GpuWork.moving(
                "nf4 to bf16", bytes, () -> k.nf4().dequantise(codes, table, magnitudes, NF4_BLOCK, y), y));
    }

    /// Causal attention is half of all pairs; backward has five products where forward has two.
    private List<GpuWork> attention(Kernels k, int tokens, int size) {
        int heads = 2048 / size;
        Heads h = new Heads(heads, heads, size, (float) (1 / Math.sqrt(size)));
        Segments one = Segments.packed(0, tokens);
        Tensor q = random(k, DType.BF16, tokens, 2048);
        Tensor key = random(k, DType.BF16, tokens, 2048);
        Tensor v = random(k, DType.BF16, tokens, 2048);
        Tensor y = k.empty(DType.BF16, q.shape());
        Tensor lse = k.zeros(Shape.of(tokens, heads));
        k.attention().forward(q, key, v, h, one, y, lse);
        Tensor dy = random(k, DType.BF16, tokens, 2048);
        Tensor dq = k.empty(DType.BF16, q.shape());
        Tensor dk = k.empty(DType.BF16, q.shape());
        Tensor dv = k.empty(DType.BF16, q.shape());
        double flop = 2.0 * tokens * tokens * 2048;
        String what = "attention %s hd" + size + " " + tokens;
        return List.of(
                GpuWork.computing(
                        what.formatted("forward"), flop, () -> k.attention().forward(q, key, v, h, one, y, lse), y),
                GpuWork.computing(
                        what.formatted("backward"),
                        2.5 * flop,
                        () -> k.attention().backward(new Upstream(dy, y, lse), q, key, v, h, one, dq, dk, dv),
                        dq));
    }
}
