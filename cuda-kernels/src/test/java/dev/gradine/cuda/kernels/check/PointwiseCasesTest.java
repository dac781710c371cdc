package dev.gradine.cuda.kernels.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.kernels.CudaKernels;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.cuda.sim.ptx.Entry;
import dev.gradine.gpu.Gpu;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every kernel but matrix products and attention, from the shipped PTX, on the simulator against the CPU.
class PointwiseCasesTest {

    static List<String> stems() {
        return PointwiseCases.stems();
    }

    @ParameterizedTest
    @MethodSource("stems")
    void the_simulator_agrees_with_the_cpu(String stem) {
        WatchedGpu.Launches launches = new WatchedGpu.Launches();
        Gpu gpu = new WatchedGpu(new Simulator(), false, launches);
        List<String> wrong = new ArrayList<>();
        try (Kernels device = CudaKernels.open(gpu);
                Kernels cpu = CpuKernels.open()) {
            for (KernelCase c : PointwiseCases.of(stem)) {
                String fault = fault(c, device, cpu);
                if (!fault.isEmpty()) wrong.add(c + ": " + fault);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(launches.take().get(stem)).as("entries that cases launch").isEqualTo(entries(stem));
    }

    private static String fault(KernelCase c, Kernels device, Kernels cpu) {
        try {
            double error = c.error(device, cpu);
            return error <= 1 ? "" : String.format(Locale.ROOT, "%.2f times the bound", error);
        } catch (RuntimeException e) {
            return e.toString();
        }
    }

    private static Set<String> entries(String stem) {
        Set<String> entries = new TreeSet<>();
        for (Entry e : Simulator.shipped(stem).entries()) entries.add(e.name());
        return entries;
    }

    @ParameterizedTest
    @MethodSource("stems")
    void a_small_error_fails(String stem) {
        try (Kernels cpu = CpuKernels.open()) {
            for (KernelCase c : PointwiseCases.of(stem)) {
                List<float[]> expected = c.expected(cpu);
                for (int i = 0; i < expected.size(); i++) {
                    if (!hasValue(expected.get(i))) continue;
                    List<float[]> off = new ArrayList<>(expected);
                    off.set(i, scaled(expected.get(i), c.type() == DType.F32 ? 1.01f : 1.03f));
                    assertThat(c.error(off, expected))
                            .as("output %d of %s", i, c)
                            .isGreaterThan(1);
                }
            }
        }
    }

    private static boolean hasValue(float[] values) {
        for (float v : values) if (v != 0 && Float.isFinite(v)) return true;
        return false;
    }

    private static float[] scaled(float[] values, float factor) {
        float[] scaled = values.clone();
        for (int i = 0; i < scaled.length; i++) scaled[i] *= factor;
        return scaled;
    }
}
