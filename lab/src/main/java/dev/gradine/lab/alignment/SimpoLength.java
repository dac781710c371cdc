package dev.gradine.lab.alignment;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.align.Answers;
import dev.gradine.align.CustomPairLoss;
import dev.gradine.align.Pairs;
import dev.gradine.align.Recipe;
import dev.gradine.align.Simpo;
import dev.gradine.align.pair.PairFormula;
import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Pair;
import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.Walks;
import dev.gradine.nn.Policy;
import java.util.List;

/// What becomes of the length of answers where SimPO sums log-probabilities instead of taking their mean.
///
/// ```
/// L = −log σ(β · (a⁺ − a⁻) − γ)           a = log p / |y|
/// L = −log σ(β/n · (p⁺ − p⁻) − γ)         p = log p, n a usual length
/// ```
public record SimpoLength() implements Experiment {

    private static final String LENGTH = "length";
    private static final String WITHOUT = "without normalisation";
    private static final double LIKED = 0.1; // worth of a letter more, to whoever judges
    private static final float USUAL = 5; // letters of an answer and its end

    @Override
    public About about() {
        return new About(
                "simpo",
                "Without length normalisation SimPO makes answers longer than with it.",
                "Meng et al. 2024 (arXiv:2405.14734), section 4",
                Walkers.SET_UP + "Two answers of the base to each of 1,000 prompts, judged by one who takes a letter"
                        + " more for 0.1 of reward, so that most of the preferred ones are longer. SimPO with β 2 and γ"
                        + " 1, and the same on sums with β 2/5; 40 steps of 32 at 1e-3.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                Expectation.falling(LENGTH, WITHOUT, "simpo"), Expectation.falling(Walkers.REWARD, "simpo", WITHOUT));
    }

    /// SimPO over sums.
    ///
    /// @param beta of the difference of two sums
    /// @param gamma the margin asked for
    private record Summed(float beta, float gamma) implements CustomPairLoss {

        @Override
        public Recipe.About about() {
            return new Recipe.About("simpo-sums", "SimPO over sums", "Without length normalisation.", 5e-5);
        }

        @Override
        public Var loss(Pairs p) {
            Var lead = sub(p.chosen().sums(), p.rejected().sums());
            return PairFormula.logistic(shift(scale(lead, beta), -gamma), 0);
        }

        @Override
        public double score(Answers answers, int i) {
            return answers.sum(i);
        }
    }

    @Override
    public Table measure(Trial trial) {
        Walkers walkers = Walkers.of(trial);
        List<Pair> pairs = walkers.pairs(trial.of(1000, 8), a -> Walks.worth(a) + LIKED * Walks.letters(a), 10);
        Simpo simpo = Simpo.defaults();
        int steps = trial.of(40, 2);
        Table table = new Table("model");
        put(table, "base", walkers, Policy.of(walkers.base()));
        put(table, "simpo", walkers, walkers.learnt(simpo, pairs, steps, 1e-3));
        Summed summed = new Summed(simpo.beta() / USUAL, simpo.gamma());
        put(table, WITHOUT, walkers, walkers.learnt(summed, pairs, steps, 1e-3));
        return table;
    }

    private static void put(Table table, String row, Walkers walkers, Policy policy) {
        table.put(row, LENGTH, walkers.length(policy));
        walkers.put(table, row, policy);
    }
}
