package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Counters;
import dev.gradine.cuda.sim.Fault;
import dev.gradine.cuda.sim.Options;
import dev.gradine.cuda.sim.Planted;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.List;
import org.junit.jupiter.api.Test;

/// One line of the shipped product for Hopper changed, as a mistake would change it: each is caught, and
/// the kernel as it is passes.
final class MatMulHopperFaultTest {

    private static final String NT = "mat_mul_nt_bf16_hopper";
    private static final String NN = "mat_mul_nn_bf16_hopper";
    private static final String HERE =
            "mat_mul.sm_90a.cu: mat_mul_nt_bf16_hopper: PTX line # (hopper.cuh:#), block (0, 0, 0)";
    private static final String EPILOGUE =
            "mat_mul.sm_90a.cu: mat_mul_nt_bf16_hopper: PTX line # (mat_mul.sm_90a.cu:#), block (0, 0, 0)";
    private static final String VALUES =
            "mat_mul.sm_90a.cu: mat_mul_nt_bf16_hopper: PTX line # (values.cuh:#), block (0, 0, 0)";
    private static final String OVERWRITTEN = HERE
            + ", thread 0: race: copies to 16384 bytes of shared memory at 0x0 that wgmma of warps # to # reads,"
            + " expected a wait for it by who started it, and a barrier or an mbarrier after that if it is another"
            + " thread";
    private static final String UNDER_WAY = HERE
            + ", thread #: reads 4 bytes of shared memory at 0x* while a bulk copy to them is under way, expected a"
            + " wait for the phase of the mbarrier that counts its bytes before it";

    /// More steps of k than stages of the ring, two tiles that end inside.
    private static final KernelCase PRODUCT = KernelCase.of("nt", DType.BF16, 0x1p-8 + 264 * 0x1p-24, in -> {
        Tensor c = in.out(129, 256);
        in.kernels().matMul().nt(in.data(1, 129, 264), in.data(2, 256, 264), 1, false, c);
        return List.of(c);
    });

    private static final KernelCase ACROSS = KernelCase.of("nn", DType.BF16, 0x1p-8 + 64 * 0x1p-24, in -> {
        Tensor c = in.out(128, 256);
        in.kernels().matMul().nn(in.data(1, 128, 64), in.data(2, 64, 256), 1, false, c);
        return List.of(c);
    });

    private static Planted kernel() {
        return Planted.in("mat_mul.sm_90a");
    }

    @Test
    void the_unchanged_kernel_passes() {
        try (Simulator gpu = new Simulator(Options.defaults().withCapability(90))) {
            assertThat(error(gpu, PRODUCT)).isLessThan(1);
            assertThat(error(gpu, ACROSS)).isLessThan(1);
        }
    }

    @Test
    void results_are_written_in_whole_sectors_without_bank_conflicts() {
        try (Simulator gpu = new Simulator(Options.defaults().withCapability(90))) {
            error(gpu, ACROSS);
            Counters.Traffic traffic = gpu.counters(NN).traffic();
            assertThat(traffic.sharedConflicts()).isZero();
            assertThat(traffic.globalSectors()).isEqualTo(2 * (128 * 64 + 64 * 256 + 128 * 256) / 32);
        }
    }

    @Test
    void products_that_do_not_wait_for_a_full_stage_read_what_is_still_to_come() {
        assertFault(kernel().change(NT, "mbarrier.try_wait", 1, MatMulHopperFaultTest::over), UNDER_WAY);
    }

    @Test
    void a_stage_that_expects_no_bytes_is_full_too_early() {
        Planted kernel = kernel().change(
                        NT,
                        "mbarrier.arrive.expect_tx",
                        0,
                        line -> line.replace(".expect_tx", "").replaceFirst(", %r\\d+;", ";"));
        assertFault(kernel, UNDER_WAY);
    }

    @Test
    void a_stage_that_is_given_back_before_its_products_are_over_is_overwritten() {
        assertFault(kernel().drop(NT, "wgmma.wait_group", 0), OVERWRITTEN);
    }

    @Test
    void products_that_belong_to_no_group_are_waited_for_by_nobody() {
        assertFault(kernel().drop(NT, "wgmma.commit_group", 0), OVERWRITTEN);
    }

    @Test
    void sums_are_not_read_before_the_last_products_are_over() {
        assertFault(
                kernel().drop(NT, "wgmma.wait_group", 1),
                EPILOGUE + ": mul.f32 uses an accumulator of the wgmma in PTX line # that is under way, expected"
                        + " wgmma.wait_group before it");
    }

    @Test
    void products_begin_with_a_fence() {
        assertFault(
                kernel().drop(NT, "wgmma.fence", 0),
                HERE + ": wgmma.mma_async without any wgmma.fence, expected wgmma.fence before the first");
    }

    @Test
    void a_producer_that_does_not_wait_for_an_empty_stage_announces_bytes_twice() {
        assertFault(
                kernel().change(NT, "mbarrier.try_wait", 0, MatMulHopperFaultTest::over),
                HERE + ", thread 0: mbarrier.arrive.expect_tx.shared::cta.b64 1 times at mbarrier 0x* (phase 0 lacks"
                        + " 0 of 1 arrivals and 98,304 bytes), expected no more than it waits for");
    }

    @Test
    void stages_that_are_never_given_back_stop_all() {
        try (Simulator gpu = gpu(kernel().drop(NT, "mbarrier.arrive.shared", 0))) {
            assertThatThrownBy(() -> error(gpu, PRODUCT))
                    .isInstanceOf(Fault.class)
                    .hasMessageContaining("deadlock: no warp can run, warp 0 for mbarrier");
        }
    }

    @Test
    void results_are_turned_between_two_barriers_of_the_warp() {
        assertFault(
                kernel().drop(NT, "bar.warp.sync", 0),
                EPILOGUE + ", thread #: race: writes 8 bytes of shared memory at 0x* that thread # read, expected"
                        + " bar.warp.sync or a barrier between the two");
        assertFault(
                kernel().drop(NT, "bar.warp.sync", 1),
                EPILOGUE + ", thread #: race: reads 16 bytes of shared memory at 0x* that thread # wrote, expected"
                        + " bar.warp.sync or a barrier between the two");
    }

    @Test
    void rows_that_are_not_there_are_not_written() {
        assertFault(
                kernel().drop(NT, "@%p28 bra", 0),
                VALUES + ", thread #: st.global.v4.u32 writes 16 bytes at 0x* of global memory (it is # bytes after the"
                        + " end of allocation # of 66,048 bytes at 0x*), expected an address in it");
    }

    /// Of the second operand at 32 k, where 48 should follow.
    @Test
    void a_descriptor_that_names_the_wrong_k_gives_a_wrong_product() {
        assertWrong(kernel().replace(NT, "4611686293338849286", 0, "4611686293338849284"), PRODUCT);
    }

    /// 1024 bytes from 64 columns to the next and 8192 from eight k to the next.
    @Test
    void a_descriptor_whose_offsets_are_swapped_gives_a_wrong_product() {
        assertWrong(kernel().replace(NN, "4611686293338849280", 0, "4611688217454837760"), ACROSS);
    }

    /// It is taken for rows that are 1024 bytes apart by eights, of which there are fewer.
    @Test
    void an_operand_that_is_not_turned_is_read_beyond_its_stage() {
        Planted kernel = kernel().changeAll(NN, "wgmma.mma_async", line -> line.replace(", 0, 1; }", ", 0, 0; }"));
        try (Simulator gpu = gpu(kernel)) {
            assertThatThrownBy(() -> error(gpu, ACROSS))
                    .isInstanceOf(Fault.class)
                    .hasMessageContaining("of shared memory at 0xc000 that nobody has written");
        }
    }

    /// A wait that is over at once.
    private static String over(String line) {
        return line.replaceFirst(".*selp.b32 (%r\\d+).*", "mov.u32 $1, 1;");
    }

    private static void assertFault(Planted kernel, String message) {
        try (Simulator gpu = gpu(kernel)) {
            assertThatThrownBy(() -> error(gpu, PRODUCT))
                    .isInstanceOf(Fault.class)
                    .hasMessageMatching(ShippedFaultTest.pattern(message));
        }
    }

    private static void assertWrong(Planted kernel, KernelCase c) {
        try (Simulator gpu = gpu(kernel)) {
            assertThat(error(gpu, c)).isGreaterThan(10);
        }
    }

    private static Simulator gpu(Planted kernel) {
        return kernel.gpu(Options.defaults().withCapability(90));
    }

    private static double error(Simulator gpu, KernelCase c) {
        try (Kernels device = CudaKernels.open(gpu);
                Kernels cpu = CpuKernels.open()) {
            return c.error(device, cpu);
        }
    }
}
