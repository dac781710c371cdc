package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Fault;
import dev.gradine.cuda.sim.Options;
import dev.gradine.cuda.sim.Planted;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.AttentionKernel.Upstream;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Sequences;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// One line of the shipped attention for Hopper changed, as a mistake would change it: each is caught.
final class AttentionHopperFaultTest {

    private static final String STEM = "attention.sm_90a";
    private static final String FORWARD = "attention_forward_hopper_bf16_d128";
    private static final String BACKWARD_Q = "attention_backward_q_hopper_bf16_d128";
    private static final String BACKWARD_KV = "attention_backward_kv_hopper_bf16_d128";

    private static final AttentionSpec HEADS = AttentionSpec.causal(1, 1, 128, 0.05f);

    /// More tiles than the ring holds, more pieces of work than tiles of queries in shared memory, tiles
    /// that end inside.
    private static final Sequences SEQUENCES = Sequences.packed(0, 300, 310, 320, 330);

    private static final KernelCase FORWARDS = KernelCase.of("330 tokens", DType.BF16, 0x1p-6, in -> {
        Tensor y = in.out(330, 128);
        Tensor lse = in.outSingle(330, 1);
        Tensor q = in.data(1, 330, 128);
        in.kernels().attention().forward(q, in.data(2, 330, 128), in.data(3, 330, 128), HEADS, SEQUENCES, y, lse);
        return List.of(y, lse);
    });

    private static final KernelCase GRADIENTS = KernelCase.of("gradients of 330 tokens", DType.BF16, 0x1p-5, in -> {
        float[] lse = new float[330];
        Arrays.fill(lse, 8);
        Upstream up = new Upstream(in.data(4, 330, 128), in.data(5, 330, 128), in.single(Shape.of(330, 1), lse));
        Tensor q = in.data(1, 330, 128);
        Tensor k = in.data(2, 330, 128);
        Tensor v = in.data(3, 330, 128);
        List<Tensor> gradients = List.of(in.out(330, 128), in.out(330, 128), in.out(330, 128));
        in.kernels()
                .attention()
                .backward(up, q, k, v, HEADS, SEQUENCES, gradients.get(0), gradients.get(1), gradients.get(2));
        return gradients;
    });

    /// Two sequences, the second of which has inputs that are no numbers.
    private static final KernelCase NEIGHBOURS = KernelCase.of("30 and 30", DType.BF16, 0x1p-6, in -> {
        Tensor y = in.out(60, 128);
        Sequences s = Sequences.packed(0, 30, 60);
        in.kernels().attention().forward(half(in, 1), half(in, 2), half(in, 3), HEADS, s, y, in.outSingle(60, 1));
        return List.of(y);
    });

    private static final KernelCase NEIGHBOURS_GRADIENTS =
            KernelCase.of("gradients of 30 and 30", DType.BF16, 0x1p-5, in -> {
                float[] lse = new float[60];
                Arrays.fill(lse, 8);
                Upstream up = new Upstream(half(in, 4), half(in, 5), in.single(Shape.of(60, 1), lse));
                List<Tensor> gradients = List.of(in.out(60, 128), in.out(60, 128), in.out(60, 128));
                Sequences s = Sequences.packed(0, 30, 60);
                in.kernels()
                        .attention()
                        .backward(
                                up,
                                half(in, 1),
                                half(in, 2),
                                half(in, 3),
                                HEADS,
                                s,
                                gradients.get(0),
                                gradients.get(1),
                                gradients.get(2));
                return gradients;
            });

    private static Tensor half(Inputs in, long seed) {
        float[] x = Inputs.random(seed, 60 * 128);
        Arrays.fill(x, 30 * 128, 60 * 128, Float.NaN);
        return in.data(Shape.of(60, 128), x);
    }

    @Test
    void unchanged_kernels_pass() {
        for (KernelCase c : List.of(FORWARDS, GRADIENTS, NEIGHBOURS, NEIGHBOURS_GRADIENTS)) {
            assertThat(error(planted(), c)).as(c.name()).isLessThan(1);
        }
    }

    /// The producer's for empty tiles and for the end of what it clears, the consumers' for full tiles.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8})
    void no_wait_for_a_barrier_may_be_missing(int nth) {
        assertFault(withoutWait(FORWARD, nth), FORWARDS);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void no_wait_for_products_may_be_missing(int nth) {
        assertFault(planted().drop(FORWARD, "wgmma.wait_group", nth), FORWARDS);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3})
    void no_fence_before_products_may_be_missing(int nth) {
        assertFault(planted().drop(FORWARD, "wgmma.fence", nth), FORWARDS);
    }

    @Test
    void scores_may_not_be_read_while_they_are_computed() {
        assertFault(
                planted().replace(FORWARD, "wgmma.wait_group.sync.aligned 1", 0, "wgmma.wait_group.sync.aligned 2"),
                FORWARDS);
    }

    /// Released by the first warp that is through with it.
    @ParameterizedTest
    @ValueSource(ints = {1, 5})
    void a_tile_that_is_released_too_early_is_overwritten_under_its_readers(int nth) {
        Planted kernel = planted().change(FORWARD, "mbarrier.init", nth, line -> line.replaceFirst("%r\\d+;", "1;"));
        assertFault(kernel, FORWARDS);
    }

    @Test
    void a_tail_that_is_not_masked_gives_wrong_results() {
        Planted kernel = planted().changeAll(FORWARD, "selp.f32", line -> line.replace("0fFF800000", "0f00000000"));
        assertThat(error(kernel, FORWARDS)).isGreaterThan(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {FORWARD, BACKWARD_Q, BACKWARD_KV})
    void rows_of_other_sequences_must_be_cleared(String entry) {
        Planted kernel = planted().changeAll(entry, "st.shared.v4.u32", line -> "");
        assertThat(error(kernel, entry.equals(FORWARD) ? NEIGHBOURS : NEIGHBOURS_GRADIENTS))
                .isGreaterThan(1);
    }

    @Test
    void what_a_thread_has_cleared_must_be_shown_to_the_products() {
        assertFault(planted().drop(FORWARD, "fence.proxy.async", 1), FORWARDS);
    }

    @ParameterizedTest
    @CsvSource({
        BACKWARD_Q + ", 0",
        BACKWARD_Q + ", 1",
        BACKWARD_Q + ", 2",
        BACKWARD_Q + ", 3",
        BACKWARD_Q + ", 4",
        BACKWARD_Q + ", 5",
        BACKWARD_Q + ", 6",
        BACKWARD_KV + ", 0",
        BACKWARD_KV + ", 1",
        BACKWARD_KV + ", 2",
        BACKWARD_KV + ", 3",
        BACKWARD_KV + ", 4"
    })
    void no_wait_of_the_backward_pass_may_be_missing(String entry, int nth) {
        assertFault(withoutWait(entry, nth), GRADIENTS);
    }

    @ParameterizedTest
    @CsvSource({
        BACKWARD_Q + ", 0",
        BACKWARD_Q + ", 1",
        BACKWARD_Q + ", 2",
        BACKWARD_Q + ", 3",
        BACKWARD_KV + ", 0",
        BACKWARD_KV + ", 1",
        BACKWARD_KV + ", 2"
    })
    void no_wait_for_products_of_the_backward_pass_may_be_missing(String entry, int nth) {
        assertFault(planted().drop(entry, "wgmma.wait_group", nth), GRADIENTS);
    }

    @Test
    void numbers_must_be_there_before_a_pair_is_said_to_be() {
        assertFault(planted().drop(BACKWARD_KV, "bar.warp.sync", 2), GRADIENTS);
    }

    private static Planted withoutWait(String entry, int nth) {
        return planted()
                .change(
                        entry,
                        "mbarrier.try_wait",
                        nth,
                        line -> line.replaceFirst("\\{.*selp.b32 (%r\\d+),.*", "mov.u32 $1, 1;"));
    }

    private static Planted planted() {
        return Planted.in(STEM);
    }

    private static void assertFault(Planted kernel, KernelCase c) {
        assertThatThrownBy(() -> error(kernel, c)).isInstanceOf(Fault.class);
    }

    private static double error(Planted kernel, KernelCase c) {
        try (Kernels device = CudaKernels.open(kernel.gpu(Options.defaults().withCapability(90)));
                Kernels cpu = CpuKernels.open()) {
            return c.error(device, cpu);
        }
    }
}
