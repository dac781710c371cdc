package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.align.OnlineDpo.Comparison;
import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.optim.Metric;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Cases;
import dev.gradine.testkit.Teeth;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The loss against its formula, and against DPO's of the same pairs. The better answer of a group is its first
/// sequence, whichever was sampled first.
class OnlineDpoTest implements RecipeContract<Group> {

    private static final float BETA = 0.3f;
    private static final OnlineDpo SIGMOID = online(Comparison.SIGMOID, 0);

    private static OnlineDpo online(Comparison loss, float penalty) {
        return new OnlineDpo(BETA, loss, penalty, RewardSettings.defaults(), SamplingSettings.defaults());
    }

    @Override
    public Recipe<Group> recipe() {
        return SIGMOID;
    }

    @Override
    public List<Group> examples() {
        return Groups.of(SIGMOID.facts().stream().map(Metric::name).toList());
    }

    @Override
    public Set<Promise> promises() {
        return EnumSet.allOf(Promise.class);
    }

    @Override
    public double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held) {
        double[] losses = new double[3];
        for (int i = 0; i < 3; i++) losses[i] = Math.log1p(Math.exp(-BETA * margin(seen, i)));
        return losses;
    }

    private static double margin(GivenBatch.Seen seen, int i) {
        return seen.ratio(0, i) - seen.ratio(1, i);
    }

    @Test
    void the_better_answer_comes_first() {
        List<Group> groups = examples();
        List<Integer> better = List.of(0, 1, 1); // of the advantages of `Groups`
        for (int g = 0; g < 3; g++) {
            List<Attempt> attempts = groups.get(g).attempts();
            assertThat(SIGMOID.sequences(groups.get(g)))
                    .containsExactly(
                            attempts.get(better.get(g)).answer(),
                            attempts.get(1 - better.get(g)).answer());
        }
    }

    @Test
    void ipo_draws_the_margin_of_whole_answers_to_its_target() {
        GivenBatch<Group> batch = new GivenBatch<>(online(Comparison.IPO, 0), examples());
        float[] p = batch.logProbs(1);
        float[] r = batch.reference(2);
        GivenBatch.Seen seen = batch.seen(Cases.doubles(p), r);
        double[] expected = new double[3];
        for (int i = 0; i < 3; i++) expected[i] = Math.pow(margin(seen, i) - 1 / (2 * BETA), 2);
        try (Kernels k = CpuKernels.open()) {
            float[] losses = batch.run(k, p, r, new float[3]).losses();
            Teeth.bite(losses, l -> Tolerance.elementwise(16, 30).check("loss", l, expected));
        }
    }

    @Test
    void it_is_dpo_on_the_better_answer_against_the_other() {
        List<Pair> pairs = new ArrayList<>();
        for (Group g : examples()) {
            List<LabelledTokens> both = SIGMOID.sequences(g);
            pairs.add(new Pair(both.get(0), both.get(1)));
        }
        GivenBatch<Group> own = new GivenBatch<>(SIGMOID, examples());
        GivenBatch<Pair> dpo = new GivenBatch<>(new Dpo(BETA), pairs);
        float[] p = own.logProbs(1);
        float[] r = own.reference(2);
        try (Kernels k = CpuKernels.open()) {
            var a = own.run(k, p, r, new float[] {1, 1, 1});
            var b = dpo.run(k, p, r, new float[] {1, 1, 1});
            assertThat(a.losses()).isEqualTo(b.losses());
            assertThat(a.grad()).isEqualTo(b.grad());
            for (String name : List.of("rewards/chosen", "rewards/margins", "rewards/accuracies", "logps/rejected")) {
                assertThat(a.metrics().means().get(name))
                        .as(name)
                        .isEqualTo(b.metrics().means().get(name));
            }
        }
    }

    @Test
    void the_answer_worth_more_wins_and_nobody_wins_a_tie() {
        assertThat(SIGMOID.advantages(new double[] {1, 0, -2, 3, 5, 5, Double.NaN, 1}))
                .containsExactly(1, -1, -1, 1, 0, 0, 0, 0);
    }

    @Test
    void an_answer_that_was_cut_is_worth_less() {
        OnlineDpo strict = online(Comparison.SIGMOID, 0.75f);
        LabelledTokens answer = Examples.answer(0, 1, 2, 0);
        assertThat(strict.compared(2, Attempt.of(answer, true))).isEqualTo(2);
        assertThat(strict.compared(2, Attempt.of(answer, false))).isEqualTo(1.25);
    }

    private static Group tied(Group g) {
        return g.with(g.attempts().stream().map(a -> a.better(0)).toList());
    }

    /// A tie between two pairs has neither loss nor gradient nor weight.
    @Test
    void nothing_is_learnt_from_a_tie() {
        List<Group> some = examples();
        List<Group> withTie = List.of(some.get(0), tied(some.get(1)), some.get(2));
        assertThat(withTie.stream().map(SIGMOID::weight)).containsExactly(1.0, 0.0, 1.0);
        List<Group> without = List.of(some.get(0), some.get(2));
        GivenBatch<Group> batch = new GivenBatch<>(SIGMOID, withTie);
        GivenBatch<Group> expected = new GivenBatch<>(SIGMOID, without);
        float[] p = batch.logProbs(1);
        float[] r = batch.reference(2);
        try (Kernels k = CpuKernels.open()) {
            var a = batch.run(k, p, r, new float[] {1, 2});
            var b = expected.run(k, p, r, new float[] {1, 2});
            assertThat(a.losses()).hasSize(2).isEqualTo(b.losses());
            assertThat(a.grad()).isEqualTo(b.grad());
            Map<String, Double> of = a.metrics().means();
            b.metrics()
                    .means()
                    .forEach((name, value) -> assertThat(of.get(name)).as(name).isEqualTo(value));
        }
    }

    @Test
    void scores_ends_and_ties_are_counted() {
        List<Attempt> attempts = new ArrayList<>();
        double[] rewards = {3, 1, 2, 2};
        double[] advantages = {1, -1, 0, 0};
        for (int i = 0; i < 4; i++) {
            attempts.add(Attempt.of(Examples.answer(0, 1, 2, i), i != 1)
                    .worth(rewards[i])
                    .better(advantages[i]));
        }
        Map<String, Double> facts = new LinkedHashMap<>();
        online(Comparison.SIGMOID, 0.5f).addFacts(attempts, facts);
        assertThat(facts)
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "objective/scores",
                        7.5 / 4,
                        "objective/scores_margin",
                        (3 - 0.5) / 2,
                        "val/contain_eos_token",
                        0.75,
                        "ties",
                        0.5));
    }

    @Test
    void what_is_logged_of_the_reference_is_a_sum_over_answers() {
        GivenBatch<Group> batch = new GivenBatch<>(SIGMOID, examples());
        float[] p = batch.logProbs(1);
        float[] r = batch.reference(2);
        double kl = 0;
        double entropy = 0;
        for (int t = 0; t < p.length; t++) {
            kl += p[t] - r[t];
            entropy -= p[t];
        }
        try (Kernels k = CpuKernels.open()) {
            var m = batch.run(k, p, r, new float[3]).metrics().means();
            assertThat(m.get("objective/kl")).isCloseTo(kl / 6, within(1e-5));
            assertThat(m.get("objective/entropy")).isCloseTo(entropy / 6, within(1e-5));
            assertThat(m.get("objective/non_score_reward")).isCloseTo(-BETA * kl / 6, within(1e-5));
        }
    }

    @Test
    void refuses_a_beta_that_is_not_above_zero() {
        assertThatThrownBy(() ->
                        new OnlineDpo(0, Comparison.IPO, 0, RewardSettings.defaults(), SamplingSettings.defaults()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("online-dpo: beta is 0.0, expected > 0");
    }
}
