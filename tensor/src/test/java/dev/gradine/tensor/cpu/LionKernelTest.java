package dev.gradine.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.LionKernel.Update;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LionKernelTest {

    static IntStream sizes() {
        return IntStream.concat(Cases.sizes(), IntStream.of(40_001));
    }

    /// Gradients of one sign per value, so that rounding cannot turn a direction.
    @ParameterizedTest
    @MethodSource("sizes")
    void three_steps_follow_the_program(int n) {
        float[] start = Cases.mild(1, n);
        start[0] = 0.5f;
        double[] p = Cases.doubles(start);
        double[] m = new double[n];
        try (Tensors t = new Tensors()) {
            Tensor param = t.of(start);
            Tensor momentum = t.of(new float[n]);
            for (int step = 1; step <= 3; step++) {
                float[] g = Cases.mild(7, n);
                g[0] = 1;
                for (int i = 0; i < n; i++) g[i] *= step;
                Update u = new Update(0.1f, 0.9f, 0.99f, 0.05f, 0.7f);
                LionCpu.KERNEL.step(param, t.of(g), momentum, u);
                for (int i = 0; i < n; i++) step(p, m, i, g[i], u);
            }
            Teeth.bite(t.values(momentum), got -> Tolerance.elementwise(8, 1).check("m", got, m));
            Teeth.bite(t.values(param), got -> Tolerance.elementwise(8, 3).check("p", got, p));
        }
    }

    private static void step(double[] p, double[] m, int i, float grad, Update u) {
        double g = (double) u.gradScale() * grad;
        double direction = u.beta1() * m[i] + (1 - (double) u.beta1()) * g;
        p[i] -= (double) u.lr() * u.weightDecay() * p[i];
        p[i] -= u.lr() * (direction > 0 ? 1 : direction < 0 ? -1 : 0);
        m[i] = u.beta2() * m[i] + (1 - (double) u.beta2()) * g;
    }

    @Test
    void the_direction_is_that_of_gradient_and_momentum_together() {
        try (Tensors t = new Tensors()) {
            Tensor p = t.of(new float[4]);
            Tensor m = t.of(1, 1, -1, -1);
            Update u = new Update(0.5f, 0.75f, 0.5f, 0, 1); // u = ¾ m + ¼ g: g turns it only where |g| > 3
            LionCpu.KERNEL.step(p, t.of(-2, -4, 2, 4), m, u);
            assertThat(t.values(p)).containsExactly(-0.5f, 0.5f, 0.5f, -0.5f);
            assertThat(t.values(m)).containsExactly(-0.5f, -1.5f, 0.5f, 1.5f);
        }
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void a_direction_of_zero_moves_nothing_and_one_that_is_no_number_shows(int n) {
        try (Tensors t = new Tensors()) {
            Update u = new Update(0.1f, 0.9f, 0.99f, 0, 1);
            float[] start = Cases.plain(1, n, 2);
            Tensor p = t.of(start);
            Tensor m = t.of(new float[n]);
            LionCpu.KERNEL.step(p, t.of(new float[n]), m, u);
            assertThat(t.values(p)).containsExactly(start);
            float[] g = new float[n];
            g[n / 2] = Float.NaN;
            LionCpu.KERNEL.step(p, t.of(g), m, u);
            start[n / 2] = Float.NaN;
            assertThat(t.values(p)).containsExactly(start);
        }
    }
}
