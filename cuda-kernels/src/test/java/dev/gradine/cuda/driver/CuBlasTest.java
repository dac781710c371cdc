package dev.gradine.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.driver.PaperCuBlas.Memory;
import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.kernels.check.KernelCase;
import dev.gradine.cuda.kernels.check.LowRankCases;
import dev.gradine.cuda.kernels.check.MatMulCases;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.gpu.DenseGemm.Form;
import dev.gradine.gpu.DenseGemm.Matrix;
import dev.gradine.gpu.DenseGemm.Product;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.MatMulKernel;
import dev.gradine.tensor.kernel.MatMulShapes;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What cuBLAS is asked for and what becomes of the answer, against a library of paper. What the real one
/// does, `gpu bench --gemm cublas` shows on a GPU.
class CuBlasTest {

    /// The memory of some tensors of the host, and no byte beside it.
    private static Memory of(Tensor... known) {
        return new Memory() {
            private MemorySegment at(long address, long bytes) {
                for (Tensor t : known) {
                    long from = address - t.data().address();
                    if (from >= 0 && from + bytes <= t.bytes()) return t.data().asSlice(from, bytes);
                }
                throw new IndexOutOfBoundsException();
            }

            @Override
            public MemorySegment read(long address, long bytes) {
                MemorySegment copy = Arena.ofAuto().allocate(bytes);
                return copy.copyFrom(at(address, bytes));
            }

            @Override
            public void write(MemorySegment from, long address) {
                at(address, from.byteSize()).copyFrom(from);
            }
        };
    }

    private static Memory of(Simulator gpu) {
        return new Memory() {
            @Override
            public MemorySegment read(long address, long bytes) {
                MemorySegment copy = Arena.ofAuto().allocate(bytes);
                gpu.download(address, copy);
                return copy;
            }

            @Override
            public void write(MemorySegment from, long address) {
                gpu.upload(from, address);
            }
        };
    }

    private final Kernels cpu = CpuKernels.open();

    @AfterEach
    void close() {
        cpu.close();
    }

    /// Two sums of k terms in f32, then one rounding of the result.
    private static double tolerance(int k, DType result) {
        return 0x1p-24 * (8 * Math.sqrt(k) + 4) + (result == DType.F32 ? 0 : 0x1p-8);
    }

    private Tensor random(DType type, int rows, int columns, long seed) {
        SplittableRandom rng = new SplittableRandom(seed);
        float[] x = new float[rows * columns];
        for (int i = 0; i < x.length; i++) x[i] = (float) rng.nextDouble(-2, 2);
        Tensor exact = cpu.of(Shape.of(rows, columns), x);
        Tensor t = cpu.empty(type, exact.shape());
        cpu.copy(exact, t);
        return t;
    }

    private Tensor f32(Tensor t) {
        return cpu.of(t.shape(), cpu.download(t));
    }

    private static void run(MatMulKernel to, Form form, Tensor a, Tensor b, boolean accumulate, Tensor c) {
        switch (form) {
            case NT -> to.nt(a, b, 0.5f, accumulate, c);
            case NN -> to.nn(a, b, 0.5f, accumulate, c);
            case TN -> to.tn(a, b, 0.5f, accumulate, c);
        }
    }

    /// Largest error of a product of odd sizes, in units of what is allowed; infinite where it is refused.
    private double error(Consumer<Object[]> fault, Form form, DType type, DType result, boolean accumulate) {
        int m = 5;
        int n = 9;
        int k = 33;
        Tensor a = form == Form.TN ? random(type, k, m, 1) : random(type, m, k, 1);
        Tensor b = form == Form.NT ? random(type, n, k, 2) : random(type, k, n, 2);
        Tensor c = random(result, m, n, 3);
        Tensor expected = f32(c);
        run(cpu.matMul(), form, f32(a), f32(b), accumulate, expected);
        try (PaperCuBlas paper = new PaperCuBlas(of(a, b, c), fault);
                CuBlas cublas = new CuBlas(paper.library(), 0)) {
            MatMulShapes size = new MatMulShapes(m, n, k);
            cublas.multiply(new Product(form, size, Matrix.of(a), Matrix.of(b), Matrix.of(c), 0.5f, accumulate));
            assertThat(paper.products()).isEqualTo(1);
        } catch (IllegalStateException _) {
            return Double.POSITIVE_INFINITY;
        }
        double worst = 0;
        float[] got = cpu.download(c);
        float[] want = cpu.download(expected);
        double scale = 2 * Math.sqrt(k) / 3; // of sums of k products of two such values, halved
        for (int i = 0; i < got.length; i++)
            worst = Math.max(worst, Math.abs(got[i] - want[i]) / Math.max(scale, Math.abs(want[i])));
        return worst / tolerance(k, result);
    }

    @ParameterizedTest
    @EnumSource
    void products_are_those_of_the_cpu_in_every_type_it_takes(Form form) {
        for (boolean accumulate : List.of(false, true)) {
            assertThat(error(PaperCuBlas.NO_FAULT, form, DType.F32, DType.F32, accumulate))
                    .isLessThanOrEqualTo(1);
            assertThat(error(PaperCuBlas.NO_FAULT, form, DType.BF16, DType.F32, accumulate))
                    .isLessThanOrEqualTo(1);
            assertThat(error(PaperCuBlas.NO_FAULT, form, DType.BF16, DType.BF16, accumulate))
                    .isLessThanOrEqualTo(1);
        }
    }

    private static void swap(Object[] arguments, int i, int j) {
        Object kept = arguments[i];
        arguments[i] = arguments[j];
        arguments[j] = kept;
    }

    static List<Consumer<Object[]>> faults() {
        return List.of(
                x -> swap(x, 9, 12), // strides
                x -> swap(x, 1, 2), // transposes
                x -> swap(x, 3, 4), // m and n
                x -> swap(x, 7, 10), // A and B
                x -> swap(x, 6, 13), // alpha and beta
                x -> x[16] = (int) x[16] + 1, // stride of C
                x -> x[15] = 14 - (int) x[15], // type of C
                x -> x[17] = 77); // tf32
    }

    @ParameterizedTest
    @MethodSource("faults")
    void a_fault_in_any_argument_shows(Consumer<Object[]> fault) {
        double worst = 0;
        for (Form form : Form.values()) worst = Math.max(worst, error(fault, form, DType.F32, DType.F32, true));
        assertThat(worst).isGreaterThan(1);
    }

    @Test
    void f32_stays_f32() {
        Consumer<Object[]> none = PaperCuBlas.NO_FAULT;
        try (PaperCuBlas paper = new PaperCuBlas(of(), none).stuckIn(3)) {
            assertThatThrownBy(() -> new CuBlas(paper.library(), 0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("cublas: math mode is 3, expected 16 (f32 stays f32, no tf32)");
        }
    }

    @Test
    void types_it_does_not_take_are_refused_by_name() {
        try (PaperCuBlas paper = new PaperCuBlas(of(), PaperCuBlas.NO_FAULT);
                CuBlas cublas = new CuBlas(paper.library(), 0)) {
            assertThat(cublas.takes(DType.BF16, DType.F32, DType.F32)).isFalse();
            assertThat(cublas.takes(DType.F32, DType.F32, DType.BF16)).isFalse();
            assertThat(cublas.takes(DType.Q8_0, DType.Q8_0, DType.F32)).isFalse();
            Matrix wide = new Matrix(0, DType.F32);
            Matrix narrow = new Matrix(0, DType.BF16);
            Product p = new Product(Form.NT, new MatMulShapes(3, 5, 7), narrow, wide, wide, 1, false);
            assertThatThrownBy(() -> cublas.multiply(p))
                    .isInstanceOf(DTypeException.class)
                    .hasMessage("cublas: nt m 3, n 5, k 7 of BF16 and F32 to F32, expected all F32, or BF16 operands");
        }
    }

    @Test
    void an_error_of_the_library_names_the_product() {
        try (PaperCuBlas paper = new PaperCuBlas(of(), x -> x[9] = 0);
                CuBlas cublas = new CuBlas(paper.library(), 0)) {
            Matrix one = new Matrix(0, DType.F32);
            Product p = new Product(Form.NN, new MatMulShapes(3, 5, 7), one, one, one, 1, false);
            assertThatThrownBy(() -> cublas.multiply(p))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("nn m 3, n 5, k 7 of F32 and F32 to F32: cuBLAS 7 invalid value");
        }
    }

    @Test
    void the_library_of_the_drivers_own_cuda_is_looked_for_first() {
        assertThat(CuBlas.names("12.4")).containsExactly("libcublas.so.12");
        assertThat(CuBlas.names("13.0")).containsExactly("libcublas.so.13", "libcublas.so.12");
        assertThat(CuBlas.whyMissing(CuBlas.names("13.0")))
                .isEqualTo(
                        "cublas: libcublas.so.13 and libcublas.so.12 not found, expected one of them where the loader"
                                + " looks (LD_LIBRARY_PATH names more folders)");
    }

    private static List<KernelCase> cases() {
        return Stream.of(MatMulCases.all(), LowRankCases.all())
                .flatMap(List::stream)
                .toList();
    }

    /// All cases of products and of the fused layer once more, with the library of paper on the simulator's memory.
    @Test
    void chosen_for_a_device_it_multiplies_what_it_takes_and_our_kernels_the_rest() {
        Simulator gpu = new Simulator();
        try (PaperCuBlas paper = new PaperCuBlas(of(gpu), PaperCuBlas.NO_FAULT)) {
            try (Kernels device = CudaKernels.open(gpu, DType.F32, List.of(new CuBlas(paper.library(), 0)))) {
                assertThat(device.name()).isEqualTo("simulator (sm_80), products of cuBLAS");
                for (KernelCase c : cases()) {
                    assertThat(c.error(device, cpu)).as(c.toString()).isLessThanOrEqualTo(1);
                }
            }
            assertThat(paper.isClosed()).isTrue();
            assertThat(paper.products()).isGreaterThan(80);
        }
        Set<String> ours = gpu.counters().keySet();
        assertThat(ours).noneMatch(e -> e.startsWith("mat_mul") && (e.endsWith("_f32") || e.endsWith("_bf16")));
        assertThat(ours).noneMatch(e -> e.startsWith("low_rank") && !e.endsWith("_coded") && !e.endsWith("_any"));
        assertThat(ours).contains("convert_q8_0_bf16", "mat_mul_nt_any", "low_rank_forward_any");
    }
}
