package dev.gradine.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SgdTest implements OptimizerContract {

    private static final double LR = 0.05;
    private static final double DECAY = 0.2;

    @Override
    public Optimizer.Settings settings() {
        return Sgd.defaults();
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.of(Promise.FOLLOWS_THE_LEARNING_RATE);
    }

    @ParameterizedTest
    @CsvSource({"0, false", "0.9, false", "0.9, true"})
    void three_steps_follow_the_formula(double momentum, boolean nesterov) {
        double[] p = Cases.doubles(Vectors.start());
        double[] b = new double[p.length];
        try (Vectors v = new Vectors(new Sgd(momentum, nesterov), DECAY)) {
            for (int t = 1; t <= 3; t++) {
                float[] g = v.gradients(t, 1);
                v.step(t, LR, 0.5);
                for (int i = 0; i < p.length; i++) {
                    double gradient = 0.5 * g[i] + DECAY * p[i];
                    b[i] = momentum * b[i] + gradient;
                    p[i] -= LR * (nesterov ? gradient + momentum * b[i] : b[i]);
                }
            }
            Teeth.bite(v.values(), got -> Tolerance.elementwise(12, 3).check("p", got, p));
        }
    }

    @Test
    void without_momentum_nothing_is_kept() {
        try (Vectors v = new Vectors(new Sgd(0, false), 0)) {
            assertThat(v.stateValues()).isEmpty();
        }
    }

    @Test
    void twenty_steps_are_those_of_torch() {
        GoldenSteps.check(new Sgd(0, false), "sgd", 0.1, 0);
        GoldenSteps.check(new Sgd(0.9, false), "sgd-momentum", 0.05, 0.01);
        GoldenSteps.check(new Sgd(0.9, true), "sgd-nesterov", 0.05, 0);
    }

    @Test
    void refuses_numbers_out_of_range() {
        assertThatThrownBy(() -> new Sgd(1, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("momentum: 1.0, expected 0 or more and below 1");
        assertThatThrownBy(() -> new Sgd(0, true)).hasMessage("momentum: 0.0, expected above 0 (because of nesterov)");
    }
}
