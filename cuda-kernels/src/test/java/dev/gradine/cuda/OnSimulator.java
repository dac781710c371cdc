package dev.gradine.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.cuda.check.KernelCase;
import dev.gradine.cuda.sim.Simulator;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.ArrayList;
import java.util.List;

/// A simulated card beside the CPU, for as long as a test class runs its cases on both.
final class OnSimulator implements AutoCloseable {

    private final Kernels device = CudaKernels.open(new Simulator());
    private final Kernels cpu = CpuKernels.open();

    /// Requires that the case passes, and would not if one of its outputs were 1 % larger or had its largest value
    /// negated.
    void check(KernelCase c) {
        List<float[]> expected = c.expected(cpu);
        List<float[]> got = c.outputs(device);
        assertThat(c.error(got, expected))
                .as("error of %s in units of its bound", c)
                .isLessThanOrEqualTo(1);
        for (int i = 0; i < got.size(); i++) {
            assertThat(c.error(with(got, i, scaled(got.get(i))), expected))
                    .as("a 1 %% error of output %d", i)
                    .isGreaterThan(1);
            assertThat(c.error(with(got, i, flipped(got.get(i))), expected))
                    .as("a flipped sign of output %d", i)
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

    @Override
    public void close() {
        device.close();
        cpu.close();
    }
}
