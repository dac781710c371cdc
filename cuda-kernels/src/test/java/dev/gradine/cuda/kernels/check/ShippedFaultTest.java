package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Fault;
import dev.gradine.cuda.sim.Planted;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.gpu.Grid;
import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// One line of a shipped kernel changed, as a mistake would change it: each is caught, and the kernel as it is passes.
final class ShippedFaultTest {

    private static final String NT = "mat_mul_nt_bf16";
    private static final String ADD = "elementwise_add_f32";
    private static final String NORM = "rms_norm_forward_f32";

    static final String WRITE = ", expected a write before it, and a barrier between the two if another thread writes";
    private static final String PARTS =
            "rms_norm.cu: rms_norm_forward_f32: PTX line # (reduce.cuh:#), block (0, 0, 0), thread #: reads 4"
                    + " bytes of shared memory at 0x* that nobody has written" + WRITE;
    private static final String LOAD =
            "mat_mul.cu: mat_mul_nt_bf16: PTX line # (mma.cuh:#), block (0, 0, 0), thread #: ";
    private static final String UNDER_WAY =
            "reads 16 bytes of shared memory at 0x* while a cp.async of thread # to them is under way, expected"
                    + " cp.async.wait_group, and a barrier if it is another thread's, before it";

    /// More steps of k than stages of the pipeline, tiles that end inside.
    private static final KernelCase PRODUCT = product(24, 40, 232);

    private static final KernelCase SUM = KernelCase.of("add", DType.F32, 1e-7, in -> {
        Tensor y = in.out(37);
        in.kernels().elementwise().add(in.data(1, 37), in.data(2, 37), y);
        return List.of(y);
    });

    private static final KernelCase NORMALISED = normalised(3, 2052);

    private static KernelCase normalised(int n, int c) {
        return KernelCase.of("rms_norm", DType.F32, 1e-5, in -> {
            Tensor y = in.out(n, c);
            Tensor rstd = in.outSingle(n);
            in.kernels().rmsNorm().forward(in.data(1, n, c), in.single(2, c), 1e-5f, y, rstd);
            return List.of(y, rstd);
        });
    }

    private static KernelCase product(int m, int n, int k) {
        double bound = 0x1p-8 + k * 0x1p-24;
        return KernelCase.of("nt", DType.BF16, bound, in -> {
            Tensor c = in.out(m, n);
            in.kernels().matMul().nt(in.data(1, m, k), in.data(2, n, k), 1, false, c);
            return List.of(c);
        });
    }

    @Test
    void unchanged_kernels_pass() {
        for (KernelCase c : List.of(PRODUCT, SUM, NORMALISED)) {
            try (Simulator gpu = new Simulator()) {
                assertThat(error(gpu, c)).as(c.name()).isLessThan(1);
            }
        }
    }

    @Test
    void a_dropped_barrier_is_a_race() {
        assertFault(
                Planted.in("mat_mul").drop(NT, "bar.sync", 0),
                PRODUCT,
                LOAD + "race: reads 16 bytes of shared memory at 0x* that thread # wrote,"
                        + " expected bar.warp.sync or a barrier between the two");
    }

    @Test
    void a_dropped_wait_is_a_read_of_a_copy_under_way() {
        assertFault(Planted.in("mat_mul").drop(NT, "cp.async.wait_group", 0), PRODUCT, LOAD + UNDER_WAY);
    }

    @Test
    void a_wait_for_one_group_too_few_is_a_read_of_a_copy_under_way() {
        Planted kernel = Planted.in("mat_mul").replace(NT, "cp.async.wait_group 2", 0, "cp.async.wait_group 3");
        assertFault(kernel, PRODUCT, LOAD + UNDER_WAY);
    }

    @Test
    void a_dropped_commit_makes_waits_miss_their_group() {
        assertFault(Planted.in("mat_mul").drop(NT, "cp.async.commit_group", 1), PRODUCT, LOAD + UNDER_WAY);
    }

    @Test
    void results_that_overwrite_operands_before_all_have_read_them_are_a_race() {
        assertFault(
                Planted.in("mat_mul").drop(NT, "bar.sync", 1),
                PRODUCT,
                "mat_mul.cu: mat_mul_nt_bf16: PTX line # (gemm_bf16.cuh:#), block (0, 0, 0), thread #: race: writes 8"
                        + " bytes of shared memory at 0x* that thread # read, expected a barrier between the two");
    }

    @Test
    void swapped_registers_of_a_fragment_give_a_wrong_product() {
        assertWrong(
                Planted.in("mat_mul")
                        .change(
                                NT,
                                "mma.sync",
                                0,
                                line -> line.replaceFirst("(\\}, \\{)(%r\\d+), (%r\\d+)", "$1$3, $2")),
                PRODUCT);
    }

    @Test
    void a_fragment_that_is_not_turned_gives_a_wrong_product() {
        KernelCase nn = KernelCase.of("nn", DType.BF16, PRODUCT.bound(), in -> {
            Tensor c = in.out(24, 40);
            in.kernels().matMul().nn(in.data(1, 24, 40), in.data(2, 40, 40), 1, false, c);
            return List.of(c);
        });
        assertWrong(Planted.in("mat_mul").replace("mat_mul_nn_bf16", ".x4.trans", 0, ".x4"), nn);
    }

    @Test
    void rows_of_k_that_are_not_there_must_be_filled_with_zeros() {
        Planted kernel =
                Planted.in("mat_mul").changeAll(NT, "cp.async.cg", line -> line.replaceFirst("16, %r\\d+", "16, 16"));
        assertFault(
                kernel,
                PRODUCT,
                "mat_mul.cu: mat_mul_nt_bf16: PTX line # (mma.cuh:#), block (0, 0, 0), thread 0:"
                        + " cp.async.cg.shared.global reads 16 bytes at 0x* of global memory (it is # bytes"
                        + " after the end"
                        + " of allocation # of #,# bytes at 0x*), expected an address in it");
    }

    @Test
    void parts_of_a_reduction_that_are_read_without_a_barrier_may_not_be_there() {
        assertFault(Planted.in("rms_norm").drop(NORM, "bar.sync", 3).drop(NORM, "bar.sync", 1), NORMALISED, PARTS);
    }

    @Test
    void parts_of_a_reduction_must_be_read_before_the_next_overwrites_them() {
        KernelCase twice = KernelCase.of("layer_norm", DType.F32, 1e-5, in -> {
            Tensor y = in.out(1, 2052);
            Tensor w = in.single(2, 2052);
            in.kernels().layerNorm().forward(in.data(1, 1, 2052), w, w, 1, y, in.outSingle(1), in.outSingle(1));
            return List.of(y);
        });
        assertFault(
                Planted.in("layer_norm")
                        .drop("layer_norm_forward_f32", "bar.sync", 6)
                        .drop("layer_norm_forward_f32", "bar.sync", 2),
                twice,
                "layer_norm.cu: layer_norm_forward_f32: PTX line # (reduce.cuh:#), block (0, 0, 0), thread"
                        + " #: race: reads"
                        + " 4 bytes of shared memory at 0x* that thread # wrote, expected a barrier between the two");
    }

    @Test
    void parts_of_a_reduction_that_nobody_stored_are_not_initialised() {
        assertFault(Planted.in("rms_norm").drop(NORM, "st.shared", 1).drop(NORM, "st.shared", 0), NORMALISED, PARTS);
    }

    /// Of rows that several warps share, more of them than there are blocks, in groups of four and not.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void no_barrier_of_a_kernel_may_be_missing(int nth) {
        try (Simulator gpu = Planted.in("rms_norm").drop(NORM, "bar.sync", nth).gpu()) {
            assertThatThrownBy(() -> {
                        error(gpu, normalised(9, 8192));
                        error(gpu, normalised(5, 4099));
                    })
                    .isInstanceOf(Fault.class);
        }
    }

    @Test
    void a_shuffle_whose_mask_leaves_lanes_out_is_caught() {
        Planted kernel =
                Planted.in("rms_norm").changeAll(NORM, "shfl.sync", line -> line.replaceFirst("%r\\d+;", "0xffff;"));
        assertFault(
                kernel,
                NORMALISED,
                "rms_norm.cu: rms_norm_forward_f32: PTX line # (reduce.cuh:#), block (0, 0, 0), thread 16: executes"
                        + " shfl.sync.bfly.b32 whose member mask is 0x0000ffff, expected a mask with its own lane");
    }

    @Test
    void an_unguarded_tail_is_out_of_bounds() {
        assertFault(
                Planted.in("elementwise").drop(ADD, "@%p", 0),
                SUM,
                "elementwise.cu: elementwise_add_f32: PTX line # (values.cuh:#), block (0, 0, 0), thread #:"
                        + " ld.global.v4.f32 reads 16 bytes at 0x* of global memory (it ends after allocation # of 148"
                        + " bytes at 0x*), expected an address in it");
    }

    @Test
    void a_bound_that_is_off_by_one_is_out_of_bounds() {
        try (Simulator gpu = Planted.in("elementwise")
                .replace(ADD, "setp.ge.u32", 1, "setp.gt.u32")
                .gpu()) {
            long x = gpu.allocate(4 * 37);
            gpu.fill(x, (byte) 0, 4 * 37);
            assertThatThrownBy(() -> gpu.launch(new Kernel("elementwise", ADD), Grid.of(1, 64), x, x, x, 37))
                    .isInstanceOf(Fault.class)
                    .hasMessageMatching(pattern("elementwise.cu: elementwise_add_f32: PTX line # (values.cuh:#), block"
                            + " (0, 0, 0), thread 9: ld.global.v4.f32 reads 16 bytes at 0x1000000090 of global memory"
                            + " (it ends after allocation 1 of 148 bytes at 0x1000000000), expected an address in it"));
        }
    }

    private static void assertFault(Planted kernel, KernelCase c, String message) {
        try (Simulator gpu = kernel.gpu()) {
            assertThatThrownBy(() -> error(gpu, c)).isInstanceOf(Fault.class).hasMessageMatching(pattern(message));
        }
    }

    private static void assertWrong(Planted kernel, KernelCase c) {
        try (Simulator gpu = kernel.gpu()) {
            assertThat(error(gpu, c)).isGreaterThan(10);
        }
    }

    /// A text in which `#` is any number and `*` any hexadecimal one.
    static String pattern(String text) {
        return Pattern.quote(text).replace("#", "\\E\\d+\\Q").replace("*", "\\E[0-9a-f]+\\Q");
    }

    private static double error(Simulator gpu, KernelCase c) {
        try (Kernels device = CudaKernels.open(gpu);
                Kernels cpu = CpuKernels.open()) {
            return c.error(device, cpu);
        }
    }
}
