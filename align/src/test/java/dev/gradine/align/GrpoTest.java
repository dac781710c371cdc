package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.align.Advantages.Scale;
import dev.gradine.align.ClipSettings.Ratio;
import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.optim.Metric;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every member of the family against its formula, and worked numbers.
class GrpoTest implements RecipeContract<Group> {

    private static final int LONGEST = 7;
    private static final double LOW = 0.85;

    private static Grpo grpo(GrpoLoss loss, float beta, Ratio ratio, @Nullable Float low, @Nullable Float high) {
        return new Grpo(
                loss,
                beta,
                new ClipSettings(ratio, low, high),
                Scale.GROUP,
                new GroupSettings(2, 1, false, RewardSettings.defaults(), new SamplingSettings(LONGEST, 1, 0, 1)));
    }

    @Override
    public Recipe<Group> recipe() {
        return grpo(GrpoLoss.GRPO, 0.3f, Ratio.TOKEN, 0.15f, 0.25f);
    }

    @Override
    public List<Group> examples() {
        GroupLoss recipe = (GroupLoss) recipe();
        return Groups.of(recipe.facts().stream().map(Metric::name).toList());
    }

    /// Advantages have either sign, and the losses of a group do not lie side by side.
    @Override
    public Set<Promise> promises() {
        return Set.of();
    }

    @Override
    public double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held) {
        return losses((Grpo) recipe(), seen, held);
    }

    @Nested
    class Bnpo extends Member {
        Bnpo() {
            super(grpo(GrpoLoss.BNPO, 0, Ratio.TOKEN, 0.15f, 0.25f));
        }
    }

    @Nested
    class DrGrpo extends Member {
        DrGrpo() {
            super(grpo(GrpoLoss.DR_GRPO, 0, Ratio.TOKEN, 0.15f, null));
        }
    }

    @Nested
    class Dapo extends Member {
        Dapo() {
            super(grpo(GrpoLoss.DAPO, 0.1f, Ratio.SEQUENCE, 0.15f, 0.25f));
        }
    }

    @Nested
    class Cispo extends Member {
        Cispo() {
            super(grpo(GrpoLoss.CISPO, 0, Ratio.TOKEN, null, 1.3f));
        }
    }

    @Nested
    class Sapo extends Member {
        Sapo() {
            super(grpo(GrpoLoss.SAPO, 0, Ratio.TOKEN, null, null));
        }
    }

    @Nested
    class Luspo extends Member {
        Luspo() {
            super(grpo(GrpoLoss.LUSPO, 0, Ratio.SEQUENCE, 0.15f, 0.25f));
        }
    }

    @Nested
    class Vespo extends Member {
        Vespo() {
            super(grpo(GrpoLoss.VESPO, 0.2f, Ratio.TOKEN, null, null));
        }
    }

    /// The contract of one member.
    static class Member implements RecipeContract<Group> {
        private final Grpo grpo;

        Member(Grpo grpo) {
            this.grpo = grpo;
        }

        @Override
        public Recipe<Group> recipe() {
            return grpo;
        }

        @Override
        public List<Group> examples() {
            return Groups.of(grpo.facts().stream().map(Metric::name).toList());
        }

        @Override
        public Set<Promise> promises() {
            return Set.of();
        }

        @Override
        public double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held) {
            return losses(grpo, seen, held);
        }
    }

    /// The papers' formulas, in double.
    private static double[] losses(Grpo g, GivenBatch.Seen seen, GivenBatch.Seen held) {
        List<Double> tokens = new ArrayList<>();
        List<Double> answers = new ArrayList<>();
        int all = 0;
        for (double[][] branch : seen.tokens()) for (double[] answer : branch) all += answer.length;
        for (int b = 0; b < 2; b++) {
            for (int e = 0; e < 3; e++) {
                Attempt attempt = Groups.attempt(b, e);
                double[] costs = costs(g, seen.tokens()[b][e], held.tokens()[b][e], attempt);
                double sum = 0;
                for (double c : costs) {
                    tokens.add(c);
                    sum += c;
                }
                answers.add(
                        switch (g.loss()) {
                            case GRPO, SAPO -> sum / costs.length;
                            case BNPO -> 6 * sum / all;
                            case DR_GRPO -> sum / LONGEST;
                            default -> sum;
                        });
            }
        }
        boolean ofTokens = Set.of(GrpoLoss.DAPO, GrpoLoss.CISPO, GrpoLoss.VESPO).contains(g.loss());
        return (ofTokens ? tokens : answers)
                .stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static double[] costs(Grpo g, double[] p, double[] held, Attempt attempt) {
        double[] costs = new double[p.length];
        double a = attempt.advantage();
        double sum = 0;
        double heldSum = 0;
        for (int t = 0; t < p.length; t++) {
            sum += p[t] - attempt.old()[t];
            heldSum += held[t] - attempt.old()[t];
        }
        double w = Math.exp(heldSum);
        double phi = a >= 0 ? w * w * Math.exp(3 - 3 * w) : w * w * w * Math.exp(2 - 2 * w);
        double tau = a > 0 ? 1 : 1.05;
        double high = g.loss() == GrpoLoss.DR_GRPO ? 1.15 : 1.25;
        for (int t = 0; t < p.length; t++) {
            boolean ofToken = g.clip().ratio() == Ratio.TOKEN;
            double rho = Math.exp(ofToken ? p[t] - attempt.old()[t] : sum / p.length);
            costs[t] = switch (g.loss()) {
                case CISPO -> -Math.min(Math.exp(held[t] - attempt.old()[t]), 1.3) * a * p[t];
                case SAPO -> -a * 4 / tau / (1 + Math.exp(-tau * (rho - 1)));
                case VESPO -> -phi * a * p[t];
                default -> -Math.min(rho * a, Math.max(LOW, Math.min(high, rho)) * a);
            };
            double d = attempt.reference()[t] - p[t];
            costs[t] += g.beta() * rho * (Math.exp(d) - d - 1);
        }
        return costs;
    }

    @Test
    void advantages_are_the_worked_numbers() {
        double[] rewards = {1, 0, 0, 1, 0.5, 0, 1, 0};
        double[] a = Advantages.standardised(rewards, 8, Scale.GROUP);
        double[] expected = {
            1.134952158,
            -0.8827405676,
            -0.8827405676,
            1.134952158,
            0.1261057954,
            -0.8827405676,
            1.134952158,
            -0.8827405676
        };
        for (int i = 0; i < a.length; i++) assertThat(a[i]).isCloseTo(expected[i], within(1e-9));
        assertThat(Advantages.standardised(rewards, 8, Scale.NONE)[0]).isCloseTo(1 - 0.4375, within(1e-12));
    }

    @Test
    void the_spread_of_a_batch_is_that_of_all_of_its_rewards() {
        double[] rewards = {1, 0, 5, 5};
        double std = Math.sqrt((1.75 * 1.75 + 2.75 * 2.75 + 2 * 2.25 * 2.25) / 3);
        double[] a = Advantages.standardised(rewards, 2, Scale.BATCH);
        assertThat(a).containsExactly(new double[] {0.5 / (std + 1e-4), -0.5 / (std + 1e-4), 0, 0}, within(1e-12));
        Grpo batch = new Grpo(GrpoLoss.GRPO, 0, ClipSettings.defaults(), Scale.BATCH, GroupSettings.of(2));
        assertThat(batch.spreads(rewards)).containsExactly(new double[] {std}, within(1e-12));
    }

    @Test
    void equal_rewards_teach_nothing_and_an_unknown_one_counts_nowhere() {
        assertThat(Advantages.standardised(new double[] {3, 3, 3}, 3, Scale.GROUP))
                .containsExactly(0, 0, 0);
        double[] a = Advantages.standardised(new double[] {1, Double.NaN, 0}, 3, Scale.NONE);
        assertThat(a).containsExactly(0.5, 0, -0.5);
    }

    /// Answers of one token at ratio `rho` with advantage `a`.
    private static float clipped(double rho, double a) {
        Attempt one = Attempt.of(Examples.answer(0, 1, 1, 0), true)
                .better(a)
                .seen(new float[] {(float) (-1 - Math.log(rho))}, new float[0]);
        Group group = Groups.of(List.of()).getFirst().with(List.of(one));
        try (Kernels k = CpuKernels.open()) {
            Grpo grpo = grpo(GrpoLoss.GRPO, 0, Ratio.TOKEN, null, null);
            var batch = new GivenBatch<>(grpo, List.of(group));
            return batch.run(k, new float[] {-1}, new float[0], new float[] {1}).losses()[0];
        }
    }

    @Test
    void a_ratio_is_clipped_where_it_gains_and_not_where_it_loses() {
        Tolerance t = Tolerance.elementwise(8, 2);
        t.check(
                "loss",
                new float[] {clipped(1.5, 1), clipped(1.5, -1), clipped(0.5, 1), clipped(0.5, -1)},
                new double[] {-1.2, 1.5, -0.5, 0.8});
    }

    @Test
    void nothing_is_learnt_from_an_answer_that_is_left_out_but_it_is_counted() {
        Grpo masked = new Grpo(
                GrpoLoss.GRPO,
                0,
                ClipSettings.defaults(),
                Scale.GROUP,
                new GroupSettings(2, 1, true, RewardSettings.defaults(), SamplingSettings.defaults()));
        Group half = Groups.of(List.of()).get(1); // its second answer was cut
        assertThat(half.attempts().get(1).ended()).isFalse();
        assertThat(masked.sequences(half).get(1).predicted()).isZero();
        assertThat(masked.weight(half)).isEqualTo(2);
        try (Kernels k = CpuKernels.open()) {
            var batch = new GivenBatch<>(masked, List.of(half));
            float[] logProbs = batch.logProbs(1);
            assertThat(logProbs).hasSize(half.attempts().getFirst().length());
            float[] losses =
                    batch.run(k, logProbs, new float[0], new float[] {1, 1}).losses();
            assertThat(losses).hasSize(2);
            assertThat(losses[0]).isNotZero();
            assertThat(losses[1]).isZero();
        }
    }

    @Test
    void an_option_without_effect_is_refused() {
        assertThatThrownBy(() -> grpo(GrpoLoss.SAPO, 0, Ratio.TOKEN, 0.1f, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("grpo: --epsilon has no effect with this loss, expected none (no ratio is clipped)");
        assertThatThrownBy(() -> grpo(GrpoLoss.CISPO, 0, Ratio.TOKEN, null, null))
                .hasMessage("epsilon-high: not given, expected the largest ratio, such as 5");
        assertThatThrownBy(() -> grpo(GrpoLoss.VESPO, 0, Ratio.SEQUENCE, null, null))
                .hasMessage("grpo: --ratio has no effect with this loss, expected none (the weight is one of a whole"
                        + " answer already)");
    }

    @ParameterizedTest
    @CsvSource({"1, high, low, high_max", "-9, low, high, low_min"})
    void ratios_are_counted_as_clipped_where_that_costs_their_answer(
            float logProb, String side, String other, String extreme) {
        GivenBatch<Group> batch = new GivenBatch<>(recipe(), examples());
        float[] far = new float[batch.offset(6)];
        Arrays.fill(far, logProb); // every ratio is far out
        try (Kernels k = CpuKernels.open()) {
            float[] ones = new float[6];
            Arrays.fill(ones, 1);
            var m = batch.run(k, far, new float[0], ones).metrics().means();
            int counted = 0;
            for (int s = 0; s < 6; s++) {
                Attempt a = Groups.attempt(s / 3, s % 3);
                if (side.equals("high") ? a.advantage() > 0 : a.advantage() < 0) counted += a.length();
            }
            assertThat(m.get("clip_ratio/" + side + "_mean")).isCloseTo((double) counted / far.length, within(1e-12));
            assertThat(m.get("clip_ratio/region_mean")).isEqualTo(m.get("clip_ratio/" + side + "_mean"));
            assertThat(m.get("clip_ratio/" + other + "_mean")).isZero();
            assertThat(m.get("clip_ratio/" + extreme)).isEqualTo(side.equals("high") ? 1 : 0);
        }
    }
}
