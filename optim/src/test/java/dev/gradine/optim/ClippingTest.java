package dev.gradine.optim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Param;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClippingTest {

    @Test
    void the_norm_is_that_of_all_gradients_together() {
        try (Kernels run = CpuKernels.open()) {
            Param a = Param.trained("a", run.zeros(Shape.of(1, 2)), run);
            Param b = Param.trained("b", run.zeros(Shape.of(1)), run);
            run.upload(new float[] {2, 3}, a.grad());
            run.upload(new float[] {6}, b.grad());
            assertThat(Clipping.norm(List.of(a, b), run)).isEqualTo(7);
        }
    }

    @ParameterizedTest
    @CsvSource({"7, 14, 1", "7, 0, 1", "8, 4, 0.5", "0, 1, 1"})
    void only_a_norm_above_the_limit_is_scaled(double norm, double most, double factor) {
        Tolerance.elementwise(4, 1)
                .check("factor", Clipping.factor(norm, most), factor / (1 + (factor < 1 ? 1e-6 / norm : 0)));
    }
}
