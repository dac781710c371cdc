package dev.gradine.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Param;
import dev.gradine.optim.Optimizer.Group;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Oracle: the golden values.
class AdafactorTest implements OptimizerContract {

    @Override
    public Optimizer.Settings settings() {
        return Adafactor.defaults();
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.of(
                Promise.FOLLOWS_THE_LEARNING_RATE, Promise.DECOUPLES_DECAY, Promise.FORGETS_THE_SIZE_OF_THE_GRADIENT);
    }

    @Test
    void twenty_steps_are_those_of_transformers() {
        GoldenSteps.check(Adafactor.defaults(), "adafactor", 1e-3, 0);
        var relative = new Adafactor.Steps(true, true, true, 1e-3);
        GoldenSteps.check(new Adafactor(relative, 1e-30, 1, -0.8, null), "adafactor-relative", 0, 0.01);
        var scaled = new Adafactor.Steps(true, false, false, 1e-3);
        GoldenSteps.check(new Adafactor(scaled, 1e-30, 1, -0.8, 0.9), "adafactor-momentum", 1e-3, 0);
    }

    @Test
    void a_matrix_keeps_a_number_a_row_and_one_a_column() {
        assertThat(settings().stateBytes("p", Shape.of(3, 5))).isEqualTo(4 * (3 + 5));
        assertThat(settings().stateBytes("p", Shape.of(2, 3, 5))).isEqualTo(4 * 2 * (3 + 5));
        assertThat(settings().stateBytes("p", Shape.of(21))).isEqualTo(4 * 21);
    }

    @Test
    void a_stack_of_matrices_moves_as_they_do_alone() {
        try (Kernels run = CpuKernels.open()) {
            float[] start = Cases.plain(1, 24, 2);
            float[] g = Cases.plain(2, 24, 2);
            Param both = Param.trained("both", run.of(Shape.of(2, 3, 4), start), run);
            Param one = Param.trained("one", run.of(Shape.of(3, 4), Arrays.copyOf(start, 12)), run);
            Param two = Param.trained("two", run.of(Shape.of(3, 4), Arrays.copyOfRange(start, 12, 24)), run);
            for (Param p : List.of(both, one, two)) {
                float[] of = p == both ? g : p == one ? Arrays.copyOf(g, 12) : Arrays.copyOfRange(g, 12, 24);
                run.upload(of, p.grad());
                Adafactor.defaults()
                        .over(List.of(new Group(new LinkedHashMap<>(Map.of(p.name(), p)), 1, 0)), run)
                        .step(1, 0.01, 1);
            }
            float[] moved = both.value().toFloats();
            double[] apart =
                    Cases.doubles(concat(one.value().toFloats(), two.value().toFloats()));
            // an update's rms is that of the whole parameter; here it is near 1 in both halves
            new Tolerance(1e-3, 0, "steps of 0.01 whose rms differs a little").check("p", moved, apart);
            for (int i = 0; i < 24; i++) assertThat(moved[i]).isNotEqualTo(start[i]);
        }
    }

    private static float[] concat(float[] a, float[] b) {
        float[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    @Test
    void options_that_need_another_are_refused() {
        assertThatThrownBy(() -> new Adafactor.Steps(true, false, true, 1e-3))
                .hasMessage("warmup-init: true, expected relative-step with it");
        assertThatThrownBy(() -> new Adafactor(new Adafactor.Steps(true, false, false, 0), 0, 1, -0.8, null))
                .hasMessage("square-eps: 0.0, expected above 0");
    }

    @Test
    void a_relative_step_says_that_the_learning_rate_is_not_read() {
        var relative = new Adafactor(new Adafactor.Steps(false, true, false, 1e-3), 1e-30, 1, -0.8, null);
        assertThat(relative.notes(List.of()))
                .containsExactly(
                        "adafactor finds its step size itself (relative-step): learning rate and schedule do nothing");
        assertThat(Adafactor.defaults().notes(List.of())).isEmpty();
    }
}
