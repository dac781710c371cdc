package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Fault;
import dev.gradine.cuda.sim.Planted;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Mistakes in the search for a token, each caught by draws from a few rows.
class SamplingFaultTest {

    private static final String DRAW = "sampling_draw_f32";

    /// More rows than blocks.
    private static final KernelCase DRAWS = draws(9, 4099);

    private static KernelCase draws(int n, int v) {
        double[] u = new SplittableRandom(9).doubles(n).toArray();
        return KernelCase.of("draw", DType.F32, 0, in -> {
            Tensor tokens = in.outInts(n);
            in.kernels().sampling().draw(in.data(1, n, v), new SamplingParams(1, 300, 0.9), u, tokens);
            return List.of(tokens);
        });
    }

    private static double error(Simulator gpu) {
        try (Kernels device = CudaKernels.open(gpu);
                Kernels cpu = CpuKernels.open()) {
            return DRAWS.error(device, cpu);
        }
    }

    private static double error(Planted kernel) {
        try (Simulator gpu = kernel.gpu()) {
            return error(gpu);
        }
    }

    @Test
    void the_kernel_as_it_is_passes() {
        try (Simulator gpu = new Simulator()) {
            assertThat(error(gpu)).isLessThan(1);
        }
    }

    /// Bins that are cleared, then filled, then read; sums of warps; the digit that was chosen.
    @ParameterizedTest
    @ValueSource(ints = {4, 5, 6, 7})
    void no_barrier_of_the_search_may_be_missing(int nth) {
        Planted kernel = Planted.in("sampling").drop(DRAW, "bar.sync", nth);
        assertThatThrownBy(() -> error(kernel)).isInstanceOf(Fault.class).hasMessageContaining("sampling.cu");
    }

    /// Of two tokens in one bin one would be forgotten.
    @Test
    void bins_that_are_written_and_not_added_to_are_a_race() {
        Planted kernel = Planted.in("sampling")
                .change(
                        DRAW,
                        "atom.shared.add.u64",
                        0,
                        line -> line.replaceFirst("atom.shared.add.u64\\s+%rd\\d+,", "st.shared.u64 "));
        assertThatThrownBy(() -> error(kernel)).isInstanceOf(Fault.class).hasMessageContaining("race");
    }
}
