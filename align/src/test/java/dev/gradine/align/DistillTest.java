package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.optim.Metric;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/// The loss against the definition of the divergence, at both ends and between.
class DistillTest implements RecipeContract<Group> {

    private static Distill distill(float beta, float temperature) {
        return new Distill(Path.of("teacher"), beta, 0, new SamplingSettings(8, temperature, 0, 1));
    }

    @Override
    public Recipe<Group> recipe() {
        return distill(0.3f, 2);
    }

    @Override
    public List<Group> examples() {
        return groups();
    }

    /// A loss is one of a token, and those of a batch are one mean.
    @Override
    public Set<Promise> promises() {
        return Set.of();
    }

    @Override
    public double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held) {
        return losses(seen, 0.3, 2);
    }

    @Nested
    class Forward extends Member {
        Forward() {
            super(0);
        }
    }

    @Nested
    class Reverse extends Member {
        Reverse() {
            super(1);
        }
    }

    /// The contract of one divergence at temperature 1.
    static class Member implements RecipeContract<Group> {
        private final float beta;

        Member(float beta) {
            this.beta = beta;
        }

        @Override
        public Recipe<Group> recipe() {
            return distill(beta, 1);
        }

        @Override
        public List<Group> examples() {
            return groups();
        }

        @Override
        public Set<Promise> promises() {
            return Set.of();
        }

        @Override
        public double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held) {
            return losses(seen, beta, 1);
        }
    }

    /// One answer each.
    private static List<Group> groups() {
        List<String> facts = distill(1, 1).lengths().stream().map(Metric::name).toList();
        List<Group> all = new ArrayList<>();
        for (Group g : Groups.of(facts)) {
            List<Attempt> one = g.attempts().subList(0, 1);
            all.add(g.with(one));
        }
        return all;
    }

    private static double kl(double[] p, double[] q) {
        double sum = 0;
        for (int i = 0; i < p.length; i++) sum += p[i] * Math.log(p[i] / q[i]);
        return sum;
    }

    private static double[] losses(GivenBatch.Seen seen, double beta, double temperature) {
        List<Double> rows = new ArrayList<>();
        for (double[][] branch : seen.tokens()) for (double[] answer : branch) for (double x : answer) rows.add(x);
        float[] teacher = TaughtRows.teacher(rows.size());
        double[] y = new double[teacher.length];
        for (int n = 0; n < y.length; n++) {
            double[] s = TaughtRows.probabilities(rows.get(n), temperature);
            double[] t = TaughtRows.probabilities(teacher[n], temperature);
            double[] m = new double[s.length];
            for (int i = 0; i < m.length; i++) m[i] = (1 - beta) * s[i] + beta * t[i];
            if (beta == 0) y[n] = kl(t, s);
            else if (beta == 1) y[n] = kl(s, t);
            else y[n] = beta * kl(t, m) + (1 - beta) * kl(s, m);
        }
        return y;
    }

    @Test
    void refuses_shares_beyond_one() {
        assertThatThrownBy(() -> distill(1.5f, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("beta: 1.5, expected 0 to 1");
        assertThatThrownBy(() -> new Distill(Path.of("t"), 1, 2, SamplingSettings.defaults()))
                .hasMessage("on-policy: 2.0, expected 0 to 1");
        assertThat(distill(1, 2).reading().temperature()).isEqualTo(2);
    }
}
