package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.align.GivenBatch.Result;
import dev.gradine.align.Kto.Anchor;
import dev.gradine.data.encode.Judged;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The loss against its formula and worked numbers, with the estimated divergence and without.
class KtoTest implements RecipeContract<Judged> {

    private static final Kto KTO = new Kto(0.3f, Anchor.KTO, 1, 1.5f);

    @Override
    public Recipe<Judged> recipe() {
        return KTO;
    }

    /// Nine answers, every third of them desirable; strangers are the answers before.
    @Override
    public List<Judged> examples() {
        List<Judged> all = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            all.add(new Judged(
                    Examples.answer(i, 2, 1 + i % 4, 0), i % 3 == 0, Examples.answer(i, 2, 1 + (i + 3) % 4, 1)));
        }
        return all;
    }

    /// Neighbours share z, and undesirable answers are unlearnt.
    @Override
    public Set<Promise> promises() {
        return Set.of();
    }

    @Override
    public double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held) {
        int n = seen.tokens()[0].length;
        double z = 0;
        for (int i = 0; i < n; i++) z += held.ratio(1, i) / n; // it has no gradient
        double anchor = Math.max(0, z);
        double[] losses = new double[n];
        for (int i = 0; i < n; i++) {
            double d = 0.3f * (seen.ratio(0, i) - anchor);
            losses[i] = i % 3 == 0 ? 1 - sigmoid(d) : 1.5 * (1 - sigmoid(-d));
        }
        return losses;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static final float[] RATIOS = {2, 0.5f, -0.5f, 1}; // of two desirable answers and two others

    /// Answers of one token, with these log-ratios of theirs and of their strangers'.
    private static Result of(Kto kto, float... strangers) {
        List<Judged> examples = new ArrayList<>();
        float[] logProbs = new float[4 + strangers.length];
        float[] reference = new float[logProbs.length];
        for (int i = 0; i < 4; i++) {
            examples.add(new Judged(Examples.answer(i, 1, 1, 0), i < 2, Examples.answer(i, 1, 1, 1)));
            logProbs[i] = -4 + RATIOS[i];
        }
        for (int i = 0; i < strangers.length; i++) logProbs[4 + i] = -4 + strangers[i];
        Arrays.fill(reference, -4);
        try (Kernels k = CpuKernels.open()) {
            return new GivenBatch<>(kto, examples).run(k, logProbs, reference, new float[] {1, 1, 1, 1});
        }
    }

    private static void check(Result result, double... expected) {
        Teeth.bite(result.losses(), l -> Tolerance.elementwise(8, 4).check("loss", l, expected));
    }

    @Test
    void losses_are_the_worked_numbers() {
        Result r = of(new Kto(0.1f, Anchor.KTO, 1, 1), 0.4f, -0.2f, 0.9f, 0.1f);
        check(r, 0.4576020592, 0.4950001667, 0.4800106598, 0.5174928577);
        assertThat(r.metrics().means().get("kl")).isCloseTo(0.3, within(1e-6));
        Result heavy = of(new Kto(0.1f, Anchor.KTO, 1, 1.5f), 0.4f, -0.2f, 0.9f, 0.1f);
        check(heavy, 0.4576020592, 0.4950001667, 1.5 * 0.4800106598, 1.5 * 0.5174928577);
    }

    @Test
    void a_divergence_below_zero_counts_as_zero() {
        Kto kto = new Kto(0.1f, Anchor.KTO, 1, 1);
        Result below = of(kto, -1, -0.2f, -0.9f, -0.1f);
        assertThat(below.losses()).isEqualTo(of(kto, 0, 0, 0, 0).losses());
        assertThat(below.metrics().means().get("kl")).isZero();
    }

    @Test
    void anchored_at_zero_no_stranger_is_read() {
        Kto apo = new Kto(0.1f, Anchor.APO_ZERO_UNPAIRED, 1, 1);
        double mean = 0;
        for (float l : of(apo).losses()) mean += l / 4;
        assertThat(mean).isCloseTo(0.4875375993, within(1e-7));
        assertThat(apo.sequences(examples().getFirst())).hasSize(1);
    }

    @Test
    void a_strangers_answer_is_not_learnt() {
        GivenBatch<Judged> batch = new GivenBatch<>(KTO, examples());
        try (Kernels k = CpuKernels.open()) {
            float[] ones = new float[9];
            Arrays.fill(ones, 1);
            float[] grad =
                    batch.run(k, batch.logProbs(1), batch.reference(2), ones).grad();
            int answers = batch.offset(9);
            for (int i = 0; i < grad.length; i++) assertThat(grad[i] != 0).isEqualTo(i < answers);
        }
    }

    @Test
    void refuses_numbers_that_are_not_above_zero() {
        assertThatThrownBy(() -> new Kto(0, Anchor.KTO, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("kto: beta is 0.0, expected > 0");
        assertThatThrownBy(() -> new Kto(1, Anchor.KTO, 1, -1))
                .hasMessage("kto: undesirable weight is -1.0, expected > 0");
    }

    /// Three desirable answers and six others; eq. 8 of the paper asks for 1 to 4/3.
    @Test
    void it_advises_on_the_balance_of_both_kinds() {
        assertThat(new Kto(0.1f, Anchor.KTO, 1, 1).advice(examples()))
                .containsExactly(
                        "kto: 3 desirable and 6 undesirable answers, weighted 0.50 to 1; the paper advises 1 to"
                                + " 1.33: --desirable-weight 2.00 to 2.67");
        assertThat(new Kto(0.1f, Anchor.KTO, 6, 1).advice(examples()))
                .containsExactly(
                        "kto: 3 desirable and 6 undesirable answers, weighted 3.00 to 1; the paper advises 1 to"
                                + " 1.33: --undesirable-weight 2.25 to 3.00");
        assertThat(new Kto(0.1f, Anchor.KTO, 2.4f, 1).advice(examples()))
                .containsExactly("kto: 3 desirable and 6 undesirable answers, weighted 1.20 to 1");
        assertThat(new Kto(0.1f, Anchor.KTO, 1, 1).advice(examples().subList(1, 3)))
                .containsExactly("kto: all 2 answers are undesirable; it learns from both kinds");
    }
}
