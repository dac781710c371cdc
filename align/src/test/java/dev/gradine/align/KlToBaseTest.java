package dev.gradine.align;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.LossMask;
import dev.gradine.optim.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Cross entropy and the divergence from the base, which costs nothing where the two say the same.
class KlToBaseTest implements RecipeContract<LabelledTokens> {

    private static final double WEIGHT = 0.3;

    @Override
    public Recipe<LabelledTokens> recipe() {
        return new Sft(LossMask.AUTO, Sft.TokenLoss.NLL, 0, 0, (float) WEIGHT, null);
    }

    @Override
    public List<LabelledTokens> examples() {
        return Examples.sequences();
    }

    @Override
    public Set<Promise> promises() {
        return Set.of(Promise.LEARNS_THE_FIRST);
    }

    @Override
    public double[] formula(GivenBatch.Seen seen, GivenBatch.Seen held) {
        List<Double> rows = new ArrayList<>();
        for (double[] sequence : seen.tokens()[0]) for (double x : sequence) rows.add(x);
        float[] base = TaughtRows.teacher(rows.size());
        double[] y = new double[rows.size()];
        for (int n = 0; n < y.length; n++) {
            double[] p = TaughtRows.probabilities(rows.get(n), 1);
            double[] q = TaughtRows.probabilities(base[n], 1);
            y[n] = -rows.get(n);
            for (int i = 0; i < p.length; i++) y[n] += WEIGHT * p[i] * Math.log(p[i] / q[i]);
        }
        return y;
    }

    @Test
    void its_divergence_is_logged_and_that_of_plain_fine_tuning_is_not() {
        assertThat(recipe().metrics()).extracting(Metric::name).contains("kl_to_base");
        assertThat(Sft.defaults().metrics()).extracting(Metric::name).doesNotContain("kl_to_base");
        assertThat(Sft.defaults().needsTeacher()).isFalse();
    }
}
