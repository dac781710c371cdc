package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.align.Rloo.Clip;
import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.optim.Metric;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The loss against its formula, and worked numbers.
class RlooTest implements RecipeContract<Group> {

    private static final Rloo RLOO = clipping(List.of(-1.0, 1.0));

    private static Rloo clipping(List<Double> bounds) {
        return new Rloo(0.25f, new Clip(0.3f, 0.5f), bounds, false, GroupSettings.of(2));
    }

    /// An answer that the reference gives `divergence` nats less.
    private static Attempt diverged(double divergence) {
        return Attempt.of(Examples.answer(0, 1, 1, 0), true)
                .seen(new float[] {-1}, new float[] {(float) (-1 - divergence)});
    }

    @Override
    public Recipe<Group> recipe() {
        return RLOO;
    }

    @Override
    public List<Group> examples() {
        List<String> facts =
                new ArrayList<>(RLOO.facts().stream().map(Metric::name).toList());
        facts.add("kl");
        return Groups.of(facts);
    }

    /// Advantages have either sign, and the losses of a group do not lie side by side.
    @Override
    public Set<Promise> promises() {
        return Set.of();
    }

    @Override
    public double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held) {
        double[] losses = new double[6];
        for (int s = 0; s < 6; s++) {
            Attempt attempt = Groups.attempt(s / 3, s % 3);
            double old = 0;
            for (float o : attempt.old()) old += o;
            double rho = Math.exp(seen.sum(s / 3, s % 3) - old);
            double a = attempt.advantage();
            losses[s] = -Math.min(rho * a, Math.max(0.7, Math.min(1.5, rho)) * a);
        }
        return losses;
    }

    @Test
    void advantages_are_the_worked_numbers() {
        double[] a = Advantages.leaveOneOut(new double[] {1, 0, 0, 1, 0.5, 0, 1, 0}, 8, false);
        assertThat(a[0]).isCloseTo(0.6428571429, within(1e-9));
        assertThat(a[1]).isCloseTo(-0.5, within(1e-9));
        assertThat(a[4]).isCloseTo(0.07142857143, within(1e-9));
    }

    @Test
    void an_unknown_reward_counts_nowhere() {
        assertThat(Advantages.leaveOneOut(new double[] {1, Double.NaN, 0}, 3, false))
                .containsExactly(1, 0, -1);
        assertThat(Advantages.leaveOneOut(new double[] {1, Double.NaN}, 2, false))
                .containsExactly(0, 0);
    }

    @Test
    void normalised_advantages_have_mean_zero_and_spread_one() {
        double[] a = Advantages.leaveOneOut(new double[] {1, 0, 3, 0}, 2, true);
        assertThat(Advantages.mean(a)).isCloseTo(0, within(1e-12));
        assertThat(Advantages.std(a)).isCloseTo(1, within(1e-3));
    }

    @Test
    void rewards_are_clipped_before_the_divergence_is_taken_off() {
        assertThat(RLOO.compared(5, diverged(2))).isEqualTo(1 - 0.25 * 2);
        assertThat(RLOO.compared(-5, diverged(-2))).isEqualTo(-1 + 0.25 * 2);
        assertThatThrownBy(() -> clipping(List.of(1.0)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("reward-clip: [1.0], expected LO,HI");
    }

    @Test
    void the_divergence_is_logged_per_token() {
        List<Attempt> attempts = new ArrayList<>();
        examples().forEach(g -> attempts.addAll(g.attempts()));
        double sum = 0;
        int tokens = 0;
        for (Attempt a : attempts) {
            for (int t = 0; t < a.length(); t++) sum += a.old()[t] - a.reference()[t];
            tokens += a.length();
        }
        Map<String, Double> facts = new LinkedHashMap<>();
        RLOO.addFacts(attempts, facts);
        assertThat(facts).containsOnlyKeys("kl");
        assertThat(facts.get("kl")).isCloseTo(sum / tokens, within(1e-12));
    }
}
