package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AdamWKernel.Update;
import dev.gradine.tensor.kernel.AttentionKernel.Upstream;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.GroupNormKernel.Groups;
import dev.gradine.tensor.kernel.LionKernel;
import dev.gradine.tensor.kernel.LogProbKernel.Stats;
import dev.gradine.tensor.kernel.Mask;
import dev.gradine.tensor.kernel.Per;
import dev.gradine.tensor.kernel.RopeAngles;
import dev.gradine.tensor.kernel.Sequences;
import dev.gradine.tensor.kernel.UpsampleKernel.Enlargement;
import dev.gradine.tensor.kernel.UpsampleKernel.Mode;
import dev.gradine.testkit.Cases;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A vector that the compiler fails to keep in a register becomes an object, and the kernel ten times slower. So no
/// warm kernel may allocate per vector; one box per row is let pass, as which call the compiler inlines last depends on
/// what ran before.
class AllocationTest {

    private static final int N = 40;
    private static final int C = 67; // vectors and a tail
    private static final List<DType> BLOCKS =
            Stream.of(DType.values()).filter(t -> BlockDots.fits(t, 512)).toList();
    private static final long BYTES_PER_CALL =
            3500; // a few closures; one boxed vector per row is 3 800, one per vector 16 000
    private static final long PATIENCE = 8_000_000_000L; // ns; a second is plenty unless others keep the machine busy
    private static final Tensors T = new Tensors();
    private static final Arena ARENA = Arena.ofShared();
    private static volatile float[] sink = {};
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @AfterAll
    static void close() {
        T.close();
        ARENA.close();
    }

    private static Tensor matrix(int seed) {
        return T.of(Shape.of(N, C), Cases.plain(seed, N * C, 1));
    }

    private static Tensor vector(int n) {
        return T.of(Cases.plain(n, n, 1));
    }

    static Stream<String> kernels() {
        return calls().keySet().stream();
    }

    private static Map<String, Runnable> calls() {
        Map<String, Runnable> calls = new LinkedHashMap<>();
        addSimple(calls);
        addRows(calls);
        addAttention(calls);
        addRowAttention(calls);
        addFunctions(calls);
        addImages(calls);
        addBlocks(calls);
        return calls;
    }

    private static void addSimple(Map<String, Runnable> calls) {
        Tensor a = matrix(1);
        Tensor b = matrix(2);
        Tensor y = matrix(3);
        Tensor z = matrix(4);
        Tensor row = vector(C);
        Tensor p = matrix(5);
        Tensor m = matrix(6);
        Tensor v = T.of(new float[N * C]);
        Update update = new Update(1e-3f, 0.9f, 0.999f, 1e-8f, 0.01f, 3, 1);
        calls.put("add", () -> ElementwiseCpu.KERNEL.add(a, b, y));
        calls.put("axpy", () -> ElementwiseCpu.KERNEL.axpy(1e-6f, b, y));
        calls.put("scale", () -> ElementwiseCpu.KERNEL.scale(a, 0.5f, y));
        calls.put("fill", () -> ElementwiseCpu.KERNEL.fill(y, 1));
        calls.put("bias", () -> ElementwiseCpu.KERNEL.addBias(a, row, y));
        calls.put("swiglu", () -> ActivationCpu.KERNEL.swiGlu(a, b, y));
        calls.put("swiglu backward", () -> ActivationCpu.KERNEL.swiGluBackward(a, b, a, y, z));
        calls.put("gelu", () -> FunctionCpu.KERNEL.apply(Fn.GELU_ERF, 0, 0, a, y));
        calls.put("gelu tanh", () -> FunctionCpu.KERNEL.apply(Fn.GELU_TANH, 0, 0, a, y));
        calls.put("gelu backward", () -> FunctionCpu.KERNEL.applyBackward(Fn.GELU_ERF, 0, 0, a, b, y));
        calls.put("gelu tanh backward", () -> FunctionCpu.KERNEL.applyBackward(Fn.GELU_TANH, 0, 0, a, b, y));
        calls.put("column sums", () -> ReduceCpu.KERNEL.addColumnSums(a, row));
        calls.put("sum of squares", () -> ReduceCpu.KERNEL.sumOfSquares(a));
        calls.put("dropout", () -> DropoutCpu.KERNEL.apply(a, 0.1f, 1, y));
        calls.put("adamw", () -> AdamWCpu.KERNEL.step(p, a, m, v, update));
        LionKernel.Update lion = new LionKernel.Update(1e-3f, 0.9f, 0.99f, 0.1f, 1);
        calls.put("lion", () -> LionCpu.KERNEL.step(p, a, m, lion));
    }

    private static void addRows(Map<String, Runnable> calls) {
        Tensor x = matrix(1);
        Tensor y = matrix(3);
        Tensor w = vector(C);
        Tensor dw = vector(C);
        Tensor mean = vector(N);
        Tensor rstd = vector(N);
        Tensor ids = T.ints(Cases.indices(1, N, N));
        Tensor cos = vector(N * C).reshape(Shape.of(N, C));
        Stats stats = new Stats(vector(N), Tensor.zeros(ARENA, DType.I32, Shape.of(N)), vector(N), vector(N));
        calls.put("rms norm", () -> RmsNormCpu.KERNEL.forward(x, w, 1e-5f, y, rstd));
        calls.put("rms norm backward", () -> RmsNormCpu.KERNEL.backward(x, x, w, rstd, y, dw));
        calls.put("rms norm backward, frozen", () -> RmsNormCpu.KERNEL.backward(x, x, w, rstd, y, null));
        calls.put("layer norm", () -> LayerNormCpu.KERNEL.forward(x, w, w, 1e-5f, y, mean, rstd));
        calls.put("layer norm backward", () -> LayerNormCpu.KERNEL.backward(x, x, w, mean, rstd, y, dw, dw));
        calls.put(
                "layer norm backward, frozen", () -> LayerNormCpu.KERNEL.backward(x, x, w, mean, rstd, y, null, null));
        Tensor wide = T.of(Shape.of(N, 2 * C), new float[2 * N * C]);
        RopeAngles angles = RopeAngles.halves(cos, cos);
        calls.put("rope", () -> RopeCpu.KERNEL.forward(wide, ids, angles, wide));
        calls.put("index_select", () -> IndexSelectCpu.KERNEL.forward(ids, x, y));
        Tensor nf4 = Quantise.quantise(x, DType.NF4, 64, true, ARENA);
        calls.put("index_select nf4", () -> IndexSelectCpu.KERNEL.forward(ids, nf4, y));
        calls.put("index_select backward", () -> IndexSelectCpu.KERNEL.backward(ids, x, y));
        calls.put("log-probability", () -> LogProbCpu.KERNEL.forward(x, ids, mean, rstd, null));
        calls.put("log-probability statistics", () -> LogProbCpu.KERNEL.forward(x, ids, mean, rstd, stats));
        Tensor logits = matrix(9);
        calls.put("log-probability backward", () -> LogProbCpu.KERNEL.backward(mean, ids, rstd, 0, logits));
    }

    private static void addAttention(Map<String, Runnable> calls) {
        int n = 70;
        AttentionSpec spec = AttentionSpec.causal(2, 1, 20, 0.2f);
        Sequences packed = Sequences.packed(0, n);
        Sequences cached = Sequences.cached(1, n);
        Tensor q = vector(n * 40);
        Tensor one = vector(40);
        Tensor rowY = vector(40);
        Tensor rowLse = vector(2);
        Tensor k = vector(n * 20);
        Tensor y = vector(n * 40);
        Tensor lse = vector(n * 2);
        Tensor dq = vector(n * 40);
        Tensor dk = vector(n * 20);
        Tensor dv = vector(n * 20);
        Upstream up = new Upstream(q, y, lse);
        calls.put("attention", () -> AttentionCpu.KERNEL.forward(q, k, k, spec, packed, y, lse));
        calls.put("attention row", () -> AttentionCpu.KERNEL.forward(one, k, k, spec, cached, rowY, rowLse));
        calls.put("attention backward", () -> AttentionCpu.KERNEL.backward(up, q, k, k, spec, packed, dq, dk, dv));
        AttentionSpec window = spec.with(new Mask.Window(9)).withSoftCap(3);
        calls.put("window", () -> AttentionCpu.KERNEL.forward(q, k, k, window, packed, y, lse));
        calls.put("window row", () -> AttentionCpu.KERNEL.forward(one, k, k, window, cached, rowY, rowLse));
        calls.put("window backward", () -> AttentionCpu.KERNEL.backward(up, q, k, k, window, packed, dq, dk, dv));
    }

    private static void addBlocks(Map<String, Runnable> calls) {
        Tensor x = vector(512).reshape(Shape.of(1, 512));
        Tensor y = vector(N).reshape(Shape.of(1, N));
        for (DType type : BLOCKS) {
            Tensor w = Tensor.zeros(ARENA, type, Shape.of(N, 512));
            calls.put("a row times " + type, () -> new Gemv(x, w, 1, false, y).run());
        }
    }

    private static void addImages(Map<String, Runnable> calls) {
        Shape image = Shape.of(2, 8, 12, 19);
        Tensor x = vector(image.size()).reshape(image);
        Tensor y = vector(image.size()).reshape(image);
        Tensor w = vector(8 * 8 * 9).reshape(Shape.of(8, 8, 3, 3));
        Tensor c = vector(8);
        Tensor mean = vector(4).reshape(Shape.of(2, 2));
        Tensor large = vector(4 * image.size()).reshape(Shape.of(2, 8, 24, 38));
        Windows windows = Windows.square(1, 1);
        Groups groups = new Groups(2, 1e-5f);
        calls.put("conv2d", () -> Conv2dCpu.KERNEL.forward(x, w, c, windows, y));
        calls.put("conv2d input gradient", () -> Conv2dCpu.KERNEL.inputGradient(x, w, windows, y));
        calls.put("conv2d parameters", () -> Conv2dCpu.KERNEL.parameterGradients(x, x, windows, w, c));
        calls.put("group norm", () -> GroupNormCpu.KERNEL.forward(x, c, c, groups, y, mean, mean));
        calls.put("group norm backward", () -> GroupNormCpu.KERNEL.backward(x, x, c, mean, mean, y, c, c));
        for (Mode mode : Mode.values()) {
            Enlargement twice = new Enlargement(mode, 2);
            calls.put("upsample " + mode, () -> UpsampleCpu.KERNEL.forward(x, twice, large));
            calls.put("upsample backward " + mode, () -> UpsampleCpu.KERNEL.backward(large, twice, y));
        }
    }

    /// One query, wider than four vectors, over keys that lie in a range and in pages.
    private static void addRowAttention(Map<String, Runnable> calls) {
        int n = 150;
        int d = 72;
        AttentionSpec spec = AttentionSpec.causal(2, 1, d, 0.2f);
        Sequences cached = Sequences.cached(1, n);
        Sequences paged = Sequences.paged(new int[] {0, 1}, List.of(new int[] {2, 0}), new int[] {n}, 2 * n);
        Tensor q = vector(2 * d);
        Tensor k = vector(n * d);
        Tensor pages = vector(2 * n * d);
        Tensor y = vector(2 * d);
        Tensor lse = vector(2);
        calls.put("attention row, wide", () -> AttentionCpu.KERNEL.forward(q, k, k, spec, cached, y, lse));
        calls.put("attention row in pages", () -> AttentionCpu.KERNEL.forward(q, pages, pages, spec, paged, y, lse));
    }

    private static void addFunctions(Map<String, Runnable> calls) {
        Tensor a = matrix(1);
        Tensor b = matrix(2);
        Tensor y = matrix(3);
        Tensor z = matrix(4);
        Tensor p = matrix(5);
        Tensor row = vector(C);
        Tensor rows = vector(N);
        calls.put("add by table", () -> FunctionCpu.KERNEL.combine(Fn2.ADD, Per.VALUE, a, b, y));
        calls.put("add per column", () -> FunctionCpu.KERNEL.combine(Fn2.ADD, Per.COLUMN, a, row, y));
        calls.put("mul", () -> FunctionCpu.KERNEL.combine(Fn2.MUL, Per.VALUE, a, b, y));
        calls.put("geglu", () -> FunctionCpu.KERNEL.combine(Fn2.GEGLU, Per.VALUE, a, b, y));
        calls.put("geglu backward", () -> FunctionCpu.KERNEL.combineBackward(Fn2.GEGLU, Per.VALUE, a, b, p, y, z));
        calls.put("mul per column", () -> FunctionCpu.KERNEL.combine(Fn2.MUL, Per.COLUMN, a, row, y));
        calls.put("mul per row", () -> FunctionCpu.KERNEL.combine(Fn2.MUL, Per.ROW, a, rows, y));
        for (Fn f : List.of(Fn.EXP, Fn.RELU, Fn.SIGMOID, Fn.SILU, Fn.QUICK_GELU, Fn.SCALE, Fn.LOG)) {
            calls.put(f.id(), () -> FunctionCpu.KERNEL.apply(f, 1, 0, p, y));
            calls.put(f.id() + " backward", () -> FunctionCpu.KERNEL.applyBackward(f, 1, 0, a, b, y));
        }
        calls.put("softmax", () -> SoftmaxCpu.KERNEL.forward(a, 1.5f, y));
        calls.put("softmax backward", () -> SoftmaxCpu.KERNEL.backward(a, b, 1.5f, y));
        calls.put("row sums", () -> ReduceCpu.KERNEL.rowSums(a, rows));
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void a_warm_kernel_allocates_next_to_nothing(String name) {
        Runnable call = Objects.requireNonNull(calls().get(name));
        assertThat(leastPerCall(call, PATIENCE))
                .as("bytes per call of %s", name)
                .isLessThanOrEqualTo(BYTES_PER_CALL);
    }

    @Test
    void one_boxed_vector_per_loaded_vector_would_show() {
        assertThat(leastPerCall(
                        () -> {
                            for (int i = 0; i < N * C / Vectors.LANES; i++) sink = new float[Vectors.LANES];
                        },
                        PATIENCE / 20))
                .isGreaterThan(BYTES_PER_CALL);
    }

    /// Bytes of all threads per call, the least of many batches: compilation takes its time.
    private static long leastPerCall(Runnable call, long patience) {
        int batch = 20;
        long least = Long.MAX_VALUE;
        for (long end = System.nanoTime() + patience; System.nanoTime() < end && least > BYTES_PER_CALL; ) {
            long before = THREADS.getTotalThreadAllocatedBytes();
            for (int k = 0; k < batch; k++) call.run();
            least = Math.min(least, (THREADS.getTotalThreadAllocatedBytes() - before) / batch);
        }
        return least;
    }
}
