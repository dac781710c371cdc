package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Slope;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The loss against worked numbers, its formula, and the case where policy and reference agree.
class DpoLossTest {

    private static final Tolerance ROUNDED = Tolerance.elementwise(4, 30); // log-probabilities of −30 are subtracted

    private final Kernels k = CpuKernels.open();
    private final Tape tape = Tape.recording(k);

    @AfterEach
    void close() {
        k.close();
    }

    private Var leaf(float... values) {
        return tape.leaf(k.of(Shape.of(values.length), values));
    }

    private PreferenceLoss.Pair pair(float chosen, float rejected) {
        return new PreferenceLoss.Pair(leaf(chosen), leaf(rejected));
    }

    @Test
    void loss_and_slope_are_the_worked_numbers() {
        PreferenceLoss.Pair policy = pair(-20, -30);
        Var loss = new DpoLoss(0.1f).apply(policy, pair(-22, -29.5f));
        Teeth.bite(k.download(loss.value()), l -> ROUNDED.check("loss", l, new double[] {0.5759394199}));
        tape.backward(loss);
        Tolerance slope = Tolerance.elementwise(16);
        double[] expected = {-0.04378234991};
        Teeth.bite(k.download(policy.chosen().grad()), g -> slope.check("dchosen", g, expected));
        Teeth.bite(k.download(policy.rejected().grad()), g -> slope.check("drejected", g, new double[] {-expected[0]}));
    }

    @ParameterizedTest
    @ValueSource(floats = {0.01f, 0.1f, 1, 5})
    void it_is_log_two_where_the_policy_is_the_reference(float beta) {
        float[] loss = k.download(
                new DpoLoss(beta).apply(pair(-17.5f, -3), pair(-17.5f, -3)).value());
        Tolerance.elementwise(1).check("loss", loss, new double[] {Math.log(2)});
    }

    @Test
    void gradient_is_the_slope_of_the_formula_for_each_pair() {
        int n = 17;
        float[] policyChosen = Cases.mild(1, n);
        float[] policyRejected = Cases.mild(2, n);
        float[] refChosen = Cases.mild(3, n);
        float[] refRejected = Cases.mild(4, n);
        Var chosen = leaf(policyChosen);
        Var rejected = leaf(policyRejected);
        Var loss = new DpoLoss(0.7f)
                .apply(
                        new PreferenceLoss.Pair(chosen, rejected),
                        new PreferenceLoss.Pair(leaf(refChosen), leaf(refRejected)));
        float[] dy = Cases.plain(5, n, 1);
        tape.backward(loss, k.of(Shape.of(n), dy));
        double[] expected = Slope.of(
                c -> {
                    double sum = 0;
                    for (int i = 0; i < n; i++) {
                        double margin = 0.7f * (c[i] - refChosen[i] - (policyRejected[i] - refRejected[i]));
                        sum += dy[i] * Math.log1p(Math.exp(-margin));
                    }
                    return sum;
                },
                policyChosen);
        Teeth.bite(k.download(chosen.grad()), g -> Tolerance.slope(1, 16).check("dchosen", g, expected));
        double[] opposite = expected.clone();
        for (int i = 0; i < n; i++) opposite[i] = -opposite[i];
        Teeth.bite(k.download(rejected.grad()), g -> Tolerance.slope(1, 16).check("drejected", g, opposite));
    }

    @Test
    void a_margin_far_out_neither_overflows_nor_vanishes() {
        float[] loss =
                k.download(new DpoLoss(1).apply(pair(-5000, 0), pair(0, -5000)).value());
        assertThat(loss).containsExactly(10_000);
    }

    @ParameterizedTest
    @ValueSource(floats = {0, -0.1f, Float.NaN})
    void refuses_a_beta_that_is_not_above_zero(float beta) {
        assertThatThrownBy(() -> new DpoLoss(beta))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("dpo: beta is " + beta + ", expected > 0");
    }
}
