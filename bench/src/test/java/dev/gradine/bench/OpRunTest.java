package dev.gradine.bench;

import static dev.gradine.autograd.op.SwiGlu.swiGlu;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class OpRunTest {

    private static final Offset<Float> ROUNDING = within(1e-6f); // a few roundings of values below 1

    @Test
    void results_are_the_output_and_then_the_gradients() {
        try (Kernels k = CpuKernels.open()) {
            var dy = k.of(Shape.of(1), 0.5f);
            var inputs = List.of(k.of(Shape.of(1), 0.7f), k.of(Shape.of(1), -0.3f));
            float[] got = new OpRun(k, (tape, x) -> swiGlu(x.get(0), x.get(1)), dy, inputs).results();
            double s = 1 / (1 + Math.exp(-0.7));
            assertThat(got).hasSize(3);
            assertThat(got[0]).isCloseTo((float) (0.7 * s * -0.3), ROUNDING);
            assertThat(got[1]).isCloseTo((float) (0.5 * -0.3 * s * (1 + 0.7 * (1 - s))), ROUNDING);
            assertThat(got[2]).isCloseTo((float) (0.5 * 0.7 * s), ROUNDING);
        }
    }
}
