package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.align.GivenBatch.Result;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The loss against its formula and a worked number, and an answer that is certain.
class OrpoTest implements RecipeContract<Pair> {

    private static final float BETA = 0.4f;

    @Override
    public Recipe<Pair> recipe() {
        return new Orpo(BETA);
    }

    @Override
    public List<Pair> examples() {
        return Examples.pairs();
    }

    /// Pairs share the number of tokens that the cross entropy is a mean over.
    @Override
    public Set<Promise> promises() {
        return Set.of(Promise.LEARNS_THE_FIRST, Promise.UNLEARNS_THE_SECOND);
    }

    @Override
    public double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held) {
        int pairs = seen.tokens()[0].length;
        double tokens = 0;
        for (int i = 0; i < pairs; i++) tokens += seen.tokens()[0][i].length + seen.tokens()[2][i].length;
        double[] losses = new double[pairs];
        for (int i = 0; i < pairs; i++) {
            double nll = -(seen.sum(0, i) + seen.sum(2, i)) * pairs / tokens;
            double ratio = odds(seen.mean(0, i)) / odds(seen.mean(1, i));
            losses[i] = nll - BETA * Math.log(ratio / (1 + ratio));
        }
        return losses;
    }

    private static double odds(double a) {
        return Math.exp(a) / (1 - Math.exp(a));
    }

    /// One pair behind a prompt of two tokens, each answer of one.
    private static Result of(float beta, float chosen, float rejected, float prompt) {
        Pair pair = new Pair(
                LabelledTokens.completion(new int[] {1, 2, 3}, 2), LabelledTokens.completion(new int[] {1, 2, 4}, 2));
        try (Kernels k = CpuKernels.open()) {
            GivenBatch<Pair> batch = new GivenBatch<>(new Orpo(beta), List.of(pair));
            return batch.run(k, new float[] {chosen, rejected, prompt}, new float[0], new float[] {1});
        }
    }

    @Test
    void loss_is_the_worked_number() {
        Result r = of(0.1f, -0.5f, -0.9f, -0.7f); // NLL 0.6
        Teeth.bite(r.losses(), l -> Tolerance.elementwise(8).check("loss", l, new double[] {0.6367728943}));
        assertThat(r.metrics().means().get("log_odds_chosen")).isCloseTo(0.8109166867, within(1e-7));
        assertThat(r.metrics().means().get("log_odds_ratio")).isCloseTo(-0.3677289431, within(1e-7));
        assertThat(r.metrics().means().get("nll_loss")).isCloseTo(0.6, within(1e-7));
    }

    @Test
    void an_answer_that_is_certain_gives_a_finite_loss_and_slope() {
        Result r = of(0.1f, 0, -0.9f, -0.7f);
        assertThat(r.losses()[0]).isFinite();
        for (float g : r.grad()) assertThat(g).isFinite();
    }

    @Test
    void the_prompt_is_read_once_with_its_answers() {
        Pair pair = Examples.pair(3, 2);
        List<LabelledTokens> read = new Orpo(1).sequences(pair);
        assertThat(Packed.of(List.of(read), true).tokens().tokens()).isEqualTo(1 + 3 + 2);
    }

    @Test
    void an_answer_without_prompt_has_nothing_more_to_learn() {
        Pair pair = new Pair(
                LabelledTokens.completion(new int[] {1, 2}, 0), LabelledTokens.completion(new int[] {3, 4}, 0));
        assertThat(new Orpo(1).sequences(pair).getLast().predicted()).isZero();
    }

    @ParameterizedTest
    @ValueSource(floats = {0, -0.1f, Float.NaN})
    void refuses_a_beta_that_is_not_above_zero(float beta) {
        assertThatThrownBy(() -> new Orpo(beta))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("orpo: beta is " + beta + ", expected > 0");
    }
}
