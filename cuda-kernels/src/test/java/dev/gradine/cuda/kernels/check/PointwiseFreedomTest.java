package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Approximation;
import dev.gradine.cuda.sim.Options;
import dev.gradine.cuda.sim.Schedule;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a GPU is free to choose, the order of its warps and the last bits of its approximations, leaves
/// results as they are or within their bounds.
class PointwiseFreedomTest {

    private static final int ONE_IN = 3; // cases of a stem: all of them take long

    @ParameterizedTest
    @CsvSource({
        "activation, ABOVE",
        "activation, BELOW",
        "function, ABOVE",
        "function, BELOW",
        "log_prob, ABOVE",
        "log_prob, BELOW",
        "softmax, ABOVE",
        "softmax, BELOW"
    })
    void approximations_may_err_as_far_as_they_are_allowed(String stem, Approximation approximation) {
        try (Kernels device = open(Options.defaults().with(approximation));
                Kernels cpu = CpuKernels.open()) {
            for (KernelCase c : PointwiseCases.of(stem)) {
                assertThat(c.error(device, cpu)).as(c.toString()).isLessThanOrEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "reduce",
                "rms_norm",
                "layer_norm",
                "group_norm",
                "log_prob",
                "softmax",
                "sampling",
                "index_select"
            })
    void the_order_of_warps_changes_no_bit(String stem) {
        List<KernelCase> cases = PointwiseCases.of(stem);
        try (Kernels first = open(Options.defaults());
                Kernels second = open(Options.defaults().with(Schedule.random(7)))) {
            for (int i = 0; i < cases.size(); i += ONE_IN) {
                KernelCase c = cases.get(i);
                assertThat(c.outputs(second))
                        .as(c.toString())
                        .usingRecursiveComparison()
                        .isEqualTo(c.outputs(first));
            }
        }
    }

    private static Kernels open(Options options) {
        Gpu gpu = new WatchedGpu(new Simulator(options), false, _ -> {});
        return CudaKernels.open(gpu);
    }
}
