package dev.gradine.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gradine.optim.Optimizer.Group;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Tolerance;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What holds for every optimiser, and what holds for those that promise it. The test of an optimiser implements this.
interface OptimizerContract {

    /// What only some optimisers do.
    enum Promise {
        /// The step is in proportion to the learning rate; at 0 nothing moves.
        FOLLOWS_THE_LEARNING_RATE,
        /// Decay does not pass through the gradient: with a gradient of 0, p becomes (1 − lr · decay) p.
        DECOUPLES_DECAY,
        /// Only the direction of the gradient matters, not its size.
        FORGETS_THE_SIZE_OF_THE_GRADIENT
    }

    /// The optimiser under test.
    Optimizer.Settings settings();

    Set<Promise> promises();

    @Test
    default void a_gradient_of_zero_without_decay_changes_nothing() {
        try (Vectors v = new Vectors(settings(), 0)) {
            v.gradients(0, 0);
            v.step(1, 0.1, 1);
            assertThat(v.values()).isEqualTo(Vectors.start());
        }
    }

    @Test
    default void the_first_step_goes_downhill() {
        try (Vectors v = new Vectors(settings(), 0)) {
            float[] g = v.gradients(1, 1);
            v.step(1, 1e-3, 1);
            double slope = 0;
            float[] after = v.values();
            for (int i = 0; i < g.length; i++) slope += (double) g[i] * (after[i] - Vectors.start()[i]);
            assertThat(slope).isNegative();
        }
    }

    @Test
    default void gradients_are_clear_after_a_step() {
        try (Vectors v = new Vectors(settings(), 0.1)) {
            v.gradients(1, 1);
            v.step(1, 0.1, 0.5);
            assertThat(v.gradientValues()).containsOnly(0);
        }
    }

    /// Scaled by a power of two, so that rounding is the same.
    @Test
    default void scaling_is_as_good_as_a_smaller_gradient() {
        try (Vectors v = new Vectors(settings(), 0.1);
                Vectors w = new Vectors(settings(), 0.1)) {
            for (int t = 1; t <= 3; t++) {
                v.gradients(t, 1);
                v.step(t, 0.1, 0.25);
                w.gradients(t, 0.25f);
                w.step(t, 0.1, 1);
            }
            assertThat(v.values()).isEqualTo(w.values());
        }
    }

    @Test
    default void state_restored_gives_the_next_step_to_the_bit() {
        try (Vectors v = new Vectors(settings(), 0.1);
                Vectors w = new Vectors(settings(), 0.1)) {
            for (int t = 1; t <= 3; t++) {
                v.gradients(t, 1);
                v.step(t, 0.1, 1);
            }
            w.restore(v);
            v.gradients(4, 1);
            v.step(4, 0.1, 1);
            w.gradients(4, 1);
            w.step(4, 0.1, 1);
            assertThat(w.values()).isEqualTo(v.values());
            assertThat(w.stateValues()).isEqualTo(v.stateValues());
        }
    }

    @Test
    default void what_is_kept_is_named_after_the_parameter_it_is_kept_for() {
        try (Vectors v = new Vectors(settings(), 0)) {
            assertThat(v.stateValues().keySet()).allMatch(n -> n.endsWith(".matrix") || n.endsWith(".vector"));
            assertThat(v.stateValues().keySet()).noneMatch(n -> n.startsWith("param."));
        }
    }

    @Test
    default void groups_are_bounds_of_numbers_not_of_formulas() {
        try (Vectors one = new Vectors(settings(), 0.1);
                Vectors two = new Vectors(settings(), p -> List.of(new Group(p.matrix(), 1, 0.1), p.vectors(1, 0.1)))) {
            for (int t = 1; t <= 3; t++) {
                one.gradients(t, 1);
                one.step(t, 0.1, 1);
                two.gradients(t, 1);
                two.step(t, 0.1, 1);
            }
            assertThat(two.values()).isEqualTo(one.values());
        }
    }

    @Test
    default void a_parameter_belongs_to_one_group() {
        assertThatThrownBy(() -> new Vectors(settings(), p -> List.of(p.vectors(1, 0), p.vectors(2, 0))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("optimizer: vector is in two groups, expected one");
    }

    @Test
    default void its_name_finds_it() {
        assertThat(Optimizer.Settings.named(settings().name()).getClass())
                .isEqualTo(settings().getClass());
    }

    /// A test for each promise that is made; of each other, that it is not kept, so that none is left out.
    @TestFactory
    default Stream<DynamicTest> it_keeps_what_it_promises_and_nothing_else() {
        return Arrays.stream(Promise.values())
                .map(p -> promises().contains(p)
                        ? dynamicTest(p + " is kept", () -> check(p))
                        : dynamicTest(
                                p + " is not kept",
                                () -> assertThatThrownBy(() -> check(p)).isInstanceOf(AssertionError.class)));
    }

    private void check(Promise promise) {
        switch (promise) {
            case FOLLOWS_THE_LEARNING_RATE -> {
                a_learning_rate_of_zero_changes_nothing();
                a_groups_factor_multiplies_the_learning_rate();
            }
            case DECOUPLES_DECAY -> decay_shrinks_what_has_no_gradient();
            case FORGETS_THE_SIZE_OF_THE_GRADIENT -> a_larger_gradient_makes_no_larger_step();
        }
    }

    private void a_learning_rate_of_zero_changes_nothing() {
        try (Vectors v = new Vectors(settings(), 0.1)) {
            v.gradients(1, 1);
            v.step(1, 0, 1);
            assertThat(v.values()).isEqualTo(Vectors.start());
        }
    }

    /// Twice, a power of two, so that rounding is the same.
    private void a_groups_factor_multiplies_the_learning_rate() {
        try (Vectors v = new Vectors(settings(), p -> List.of(new Group(p.matrix(), 2, 0.1), p.vectors(2, 0.1)));
                Vectors w = new Vectors(settings(), 0.1)) {
            v.gradients(1, 1);
            v.step(1, 0.05, 1);
            w.gradients(1, 1);
            w.step(1, 0.1, 1);
            assertThat(v.values()).isEqualTo(w.values());
        }
    }

    /// Two steps, for decay that goes into a momentum shows in the second.
    private void decay_shrinks_what_has_no_gradient() {
        try (Vectors v = new Vectors(settings(), 0.5)) {
            double[] expected = Cases.doubles(Vectors.start());
            for (int t = 1; t <= 2; t++) {
                v.gradients(0, 0);
                v.step(t, 0.1, 1);
                for (int i = 0; i < expected.length; i++) expected[i] *= 1 - 0.1 * 0.5;
            }
            Tolerance.elementwise(4, 2).check("p", v.values(), expected);
        }
    }

    /// Powers of two again; what an optimiser adds to keep from dividing by zero is far below.
    private void a_larger_gradient_makes_no_larger_step() {
        try (Vectors v = new Vectors(settings(), 0);
                Vectors w = new Vectors(settings(), 0)) {
            v.gradients(1, 1);
            v.step(1, 0.1, 1);
            w.gradients(1, 16);
            w.step(1, 0.1, 1);
            Tolerance.elementwise(8, 2).check("p", w.values(), Cases.doubles(v.values()));
        }
    }
}
