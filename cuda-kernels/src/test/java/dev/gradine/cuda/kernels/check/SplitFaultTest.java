package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Fault;
import dev.gradine.cuda.sim.Planted;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Mistakes in attention over slices of the keys, each caught by a case that every check runs.
class SplitFaultTest {

    private static final String SPLIT = "attention_split_f32";
    private static final String JOIN = "attention_join_f32";

    private static final KernelCase CASE = AttentionCases.all().stream()
            .filter(c -> c.name().startsWith("attention_forward 7 behind 301 keys, heads 6 of 2"))
            .findFirst()
            .orElseThrow();

    private static double error(Simulator gpu) {
        try (Kernels device = CudaKernels.open(gpu);
                Kernels cpu = CpuKernels.open()) {
            return CASE.error(device, cpu);
        }
    }

    private static double error(Planted kernel) {
        try (Simulator gpu = kernel.gpu()) {
            return error(gpu);
        }
    }

    @Test
    void the_kernels_as_they_are_pass() {
        try (Simulator gpu = new Simulator()) {
            assertThat(error(gpu)).isLessThan(1);
            assertThat(gpu.counters().keySet()).contains(SPLIT, JOIN);
        }
    }

    /// The third word of a joint is how many slices there are.
    @Test
    void a_slice_left_out_gives_a_wrong_result() {
        Planted kernel = Planted.in("attention").change(JOIN, "ld.global.u32", 2, line -> {
            String count = line.replaceFirst(".*(%r\\d+),.*", "$1");
            return line + " sub.s32 %s, %s, 1;".formatted(count, count);
        });
        assertThat(error(kernel)).isGreaterThan(10);
    }

    @Test
    void slices_shrunk_by_the_wrong_difference_of_maxima_give_a_wrong_result() {
        Planted kernel = Planted.in("attention")
                .changeAll(JOIN, "sub.f32", line -> line.replaceFirst("(%f\\d+), (%f\\d+);", "$2, $1;"));
        assertThat(error(kernel)).isGreaterThan(10);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void keys_that_are_overwritten_or_read_without_a_barrier_are_a_race(int nth) {
        Planted kernel = Planted.in("attention").drop(SPLIT, "bar.sync", nth);
        assertThatThrownBy(() -> error(kernel)).isInstanceOf(Fault.class).hasMessageContaining(SPLIT);
    }
}
