package dev.gradine.lab.alignment;

import dev.gradine.align.Dpo;
import dev.gradine.align.Kto;
import dev.gradine.data.encode.Judged;
import dev.gradine.data.encode.Pair;
import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.Walks;
import dev.gradine.nn.Policy;
import java.util.List;
import java.util.random.RandomGenerator;

/// What KTO learns when nine of ten good answers are lost.
///
/// ```
/// λ_D · n_D / (λ_U · n_U) = 1        balanced, eq. 8: with a tenth of the good answers λ_D = 10
/// ```
public record KtoImbalance() implements Experiment {

    private static final String FEW = "kto, 10 % of the good answers";
    private static final String BALANCED = FEW + ", λ_D 10";

    @Override
    public About about() {
        return new About(
                "kto",
                "With 90 % of the desirable answers dropped and balanced weights KTO still outdoes DPO.",
                "Ethayarajh et al. 2024 (arXiv:2402.01306), section 4 and eq. 8",
                Walkers.SET_UP + "Two answers of the base to each of 1,000 prompts: DPO on the pairs, KTO on their"
                        + " answers, 64 a step, as good and bad; β 0.1, 150 steps at 1e-3. Accuracy is that on 400"
                        + " other pairs.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                Expectation.falling(Walkers.REWARD, BALANCED, "base"),
                Expectation.falling(Walkers.REWARD, BALANCED, "dpo"),
                Expectation.falling(Walkers.REWARD, BALANCED, FEW));
    }

    @Override
    public Table measure(Trial trial) {
        Walkers walkers = Walkers.of(trial);
        List<Pair> pairs = walkers.pairs(trial.of(1000, 8), Walks::worth, 10);
        List<Pair> held = walkers.pairs(trial.of(400, 8), Walks::worth, 20);
        List<Judged> all = Walks.judged(pairs);
        RandomGenerator rng = trial.random(6);
        List<Judged> few =
                all.stream().filter(j -> !j.desirable() || rng.nextInt(10) == 0).toList();
        int steps = trial.of(150, 2);
        Kto even = Kto.defaults();
        Kto balanced = new Kto(even.beta(), even.loss(), 10, 1);
        Table table = new Table("model");
        walkers.put(table, "base", Policy.of(walkers.base()));
        put(table, "dpo", walkers, walkers.learnt(Dpo.defaults(), pairs, steps, 1e-3), held);
        Walkers twice = walkers.with(2 * Walkers.BATCH);
        put(table, "kto", walkers, twice.learnt(even, all, steps, 1e-3), held);
        put(table, BALANCED, walkers, twice.learnt(balanced, few, steps, 1e-3), held);
        put(table, FEW, walkers, twice.learnt(even, few, steps, 1e-3), held);
        return table;
    }

    private static void put(Table table, String row, Walkers walkers, Policy policy, List<Pair> held) {
        walkers.put(table, row, policy);
        table.put(row, "accuracy", walkers.accuracy(policy, held));
    }
}
