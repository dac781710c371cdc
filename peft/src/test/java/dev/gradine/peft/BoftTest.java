package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// BOFT on blocks of two inputs: of M = [[m, 3q], [q, n]] Q is [[0, q], [−q, 0]]; and what it refuses.
class BoftTest {

    private final Kernels run = CpuKernels.open();

    @AfterEach
    void close() {
        run.close();
    }

    private static Boft of(int size, int blocks, int factors, float dropout) {
        return new Boft(size, blocks, factors, dropout, InitWeights.TRUE);
    }

    @Test
    void it_turns_by_cayleys_rotation_of_the_skew_part_and_scales_outputs() {
        double q = 0.25;
        OneLayer l = OneLayer.unit(run, of(2, 0, 1, 0), 2)
                .with("boft_R", 7, (float) (3 * q), (float) q, -5)
                .with("boft_s", 2, -3);
        double[] expected = {2 * (1 - q * q) / (1 + q * q), -3 * -2 * q / (1 + q * q)};
        Teeth.bite(l.output(1, 0), y -> Tolerance.dot(2, 3, 3).check("y", y, expected));
    }

    @Test
    void one_factor_is_computed_whatever_is_asked_for() {
        OneLayer l = OneLayer.unit(run, of(0, 2, 3, 0), 8);
        assertThat(l.value("boft_R").value().shape()).isEqualTo(Shape.of(1, 2, 4, 4));
    }

    /// Of five blocks ⌊0.5 · 5⌋ = 2 are left as they are. Each, turned, changes its input.
    @Test
    void in_training_a_share_of_the_blocks_is_not_turned() {
        OneLayer l = OneLayer.unit(run, of(2, 0, 1, 0.5f), 10);
        float[] m = new float[20];
        for (int b = 0; b < 5; b++) m[4 * b + 1] = 1;
        l.with("boft_R", m);
        float[] x = {1, 0, 1, 0, 1, 0, 1, 0, 1, 0};
        for (int seed = 0; seed < 8; seed++) {
            float[] y = l.trained(seed, x);
            int still = 0;
            for (int b = 0; b < 5; b++) if (y[2 * b] == 1 && y[2 * b + 1] == 0) still++;
            assertThat(still).isEqualTo(2);
        }
        for (float v : l.output(x)) assertThat(v).isNotEqualTo(1);
    }

    @Test
    void what_does_not_divide_the_inputs_is_refused() {
        assertThatThrownBy(() -> OneLayer.unit(run, of(4, 0, 1, 0), 6))
                .isInstanceOf(AdapterException.class)
                .hasMessage("boft: block-size is 4 at layers.0.up_proj, expected a divisor of its 6 inputs");
        assertThatThrownBy(() -> OneLayer.unit(run, of(0, 4, 1, 0), 6))
                .isInstanceOf(AdapterException.class)
                .hasMessage("boft: blocks is 4 at layers.0.up_proj, expected a divisor of its 6 inputs");
        assertThatThrownBy(() -> of(4, 4, 1, 0))
                .isInstanceOf(AdapterException.class)
                .hasMessage("boft: blocks is 4 and block-size is 4, expected one of the two to be 0");
    }

    @Test
    void the_references_adapter_of_this_method_is_compared() throws IOException {
        assertThat(GoldenAdapterTest.adapters()).contains("boft");
    }
}
