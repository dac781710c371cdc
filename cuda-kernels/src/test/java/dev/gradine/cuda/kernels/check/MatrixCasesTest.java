package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Approximation;
import dev.gradine.cuda.sim.Options;
import dev.gradine.cuda.sim.Schedule;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.cuda.sim.ptx.Entry;
import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Matrix products and attention, from the shipped PTX, on the simulator against the CPU.
class MatrixCasesTest {

    private static final Options HOPPER = Options.defaults().withCapability(90);

    private static List<KernelCase> hopperCases(String stem) {
        return stem.equals("low_rank") ? LowRankCases.hopper() : MatMulCases.hopper();
    }

    private static List<KernelCase> cases(String stem) {
        return switch (stem) {
            case "mat_mul" -> MatMulCases.all();
            case "low_rank" -> LowRankCases.all();
            case "nf4_mat_mul" -> CodedMatMulCases.nf4();
            case "int8_mat_mul" -> CodedMatMulCases.int8();
            default -> AttentionCases.all();
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"mat_mul", "low_rank", "nf4_mat_mul", "int8_mat_mul", "attention"})
    void the_simulator_agrees_with_the_cpu(String stem) {
        WatchedGpu.Launches launches = new WatchedGpu.Launches();
        try (Kernels device = CudaKernels.open(new WatchedGpu(new Simulator(), false, launches));
                Kernels cpu = CpuKernels.open()) {
            for (KernelCase c : cases(stem)) {
                List<float[]> got = c.outputs(device);
                List<float[]> expected = c.expected(cpu);
                assertThat(c.error(got, expected)).as(c.toString()).isLessThanOrEqualTo(1);
                requireTeeth(c, got, expected);
            }
        }
        assertThat(launches.take().get(stem)).as("entries that cases launch").isEqualTo(entries(stem));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mat_mul", "low_rank"})
    void the_simulator_agrees_with_the_cpu_on_hopper(String stem) {
        WatchedGpu.Launches launches = new WatchedGpu.Launches();
        try (Kernels device = CudaKernels.open(new WatchedGpu(new Simulator(HOPPER), true, launches));
                Kernels cpu = CpuKernels.open()) {
            for (KernelCase c : hopperCases(stem)) {
                List<float[]> got = c.outputs(device);
                List<float[]> expected = c.expected(cpu);
                assertThat(c.error(got, expected)).as(c.toString()).isLessThanOrEqualTo(1);
                requireTeeth(c, got, expected);
                assertThat(launches.take()).as(c.toString()).containsKey("mat_mul.sm_90a");
            }
        }
    }

    /// An output that is 1 % larger, or whose largest value is negated, must be out of bounds.
    private static void requireTeeth(KernelCase c, List<float[]> got, List<float[]> expected) {
        for (int i = 0; i < got.size(); i++) {
            assertThat(c.error(with(got, i, scaled(got.get(i))), expected))
                    .as("%s: a 1 %% error of output %d", c, i)
                    .isGreaterThan(1);
            assertThat(c.error(with(got, i, flipped(got.get(i))), expected))
                    .as("%s: a flipped sign in output %d", c, i)
                    .isGreaterThan(1);
        }
    }

    private static List<float[]> with(List<float[]> all, int i, float[] wrong) {
        List<float[]> changed = new ArrayList<>(all);
        changed.set(i, wrong);
        return changed;
    }

    private static float[] scaled(float[] x) {
        float[] y = x.clone();
        for (int i = 0; i < y.length; i++) y[i] *= 1.01f;
        return y;
    }

    private static float[] flipped(float[] x) {
        int largest = 0;
        for (int i = 0; i < x.length; i++) if (Math.abs(x[i]) > Math.abs(x[largest])) largest = i;
        float[] y = x.clone();
        y[largest] = -y[largest];
        return y;
    }

    private static Set<String> entries(String stem) {
        Set<String> entries = new TreeSet<>();
        for (Entry e : Simulator.shipped(stem).entries()) entries.add(e.name());
        return entries;
    }

    @ParameterizedTest
    @EnumSource(names = {"ABOVE", "BELOW"})
    void approximations_may_err_as_far_as_they_are_allowed(Approximation approximation) {
        requireRight("attention", Options.defaults().with(approximation));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mat_mul", "attention"})
    void tensor_cores_may_round_as_those_of_sm_90(String stem) {
        requireRight(stem, Options.defaults().withCapability(90));
    }

    private static void requireRight(String stem, Options options) {
        try (Kernels device = CudaKernels.open(watched(options));
                Kernels cpu = CpuKernels.open()) {
            for (KernelCase c : cases(stem)) {
                if (c.type() != DType.BF16) continue;
                assertThat(c.error(device, cpu)).as(c.toString()).isLessThanOrEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mat_mul", "low_rank", "attention"})
    void the_order_of_warps_changes_no_bit(String stem) {
        try (Kernels first = CudaKernels.open(watched(Options.defaults()));
                Kernels second = CudaKernels.open(watched(Options.defaults().with(Schedule.random(7))))) {
            List<KernelCase> cases = cases(stem);
            for (int i = 0; i < cases.size(); i += 3) {
                KernelCase c = cases.get(i);
                assertThat(c.outputs(second))
                        .as(c.toString())
                        .usingRecursiveComparison()
                        .isEqualTo(c.outputs(first));
            }
        }
    }

    @Test
    void the_order_of_warps_and_copies_changes_no_bit_on_hopper() {
        try (Kernels first = CudaKernels.open(onHopper(HOPPER));
                Kernels second = CudaKernels.open(onHopper(HOPPER.with(Schedule.random(7))))) {
            for (KernelCase c : hopperCases("mat_mul")) {
                if (!c.name().contains("m 136, n 256")) continue;
                assertThat(c.outputs(second))
                        .as(c.toString())
                        .usingRecursiveComparison()
                        .isEqualTo(c.outputs(first));
            }
        }
    }

    private static Gpu watched(Options options) {
        return new WatchedGpu(new Simulator(options), false, _ -> {});
    }

    private static Gpu onHopper(Options options) {
        return new WatchedGpu(new Simulator(options), true, _ -> {});
    }
}
