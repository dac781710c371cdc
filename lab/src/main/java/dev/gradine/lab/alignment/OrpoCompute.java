package dev.gradine.lab.alignment;

import dev.gradine.align.Dpo;
import dev.gradine.align.Orpo;
import dev.gradine.align.Recipe;
import dev.gradine.align.Sft;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.Learning;
import dev.gradine.lab.base.Sampled;
import dev.gradine.lab.base.Score;
import dev.gradine.lab.base.Walks;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Full;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.Kernels;
import java.util.List;
import java.util.stream.IntStream;

/// What it takes until a base that has not seen such answers ranks pairs as well, by two ways.
///
/// ```
/// compute = Σ_steps tokens read · passes      a forward pass counts 1, a backward pass 2
/// SFT 3 on the chosen answers, then DPO 3 and 1 of the reference on both        ORPO 3 on both
/// ```
///
/// Such counts are the same on every machine; the reading of a prompt once for both answers is in none of them.
public record OrpoCompute() implements Experiment {

    private static final String TWO = "sft, then dpo";
    private static final String ONE = "orpo";
    private static final String COMPUTE = "compute, thousands";
    private static final String ACCURACY = "accuracy";
    private static final double GOAL = 0.75;
    private static final int EVERY = 5; // steps from one look at the accuracy to the next
    private static final int MOST = 400; // steps
    private static final int SFT_STEPS = 60;

    @Override
    public About about() {
        return new About(
                "orpo",
                "ORPO reaches the same preference accuracy as SFT followed by DPO with 30 to 50 % less compute.",
                "Hong et al. 2024 (arXiv:2403.07691), which has no reference and no stage before; the figure is that"
                        + " of guides to it",
                "Llama of 2 layers of 32 channels with random weights, walks through the alphabet as answers, those"
                        + " that are worth more chosen. SFT for 60 steps, then DPO with β 0.1, and ORPO with β 1, steps"
                        + " of 32 at 2e-3, until 75 % of 300 other pairs have the likelier letters in the chosen"
                        + " answer. Compute is tokens read, times 1 forward, 2 backward; the loss is that on chosen"
                        + " answers, nats per token.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                new Expectation(
                        "compute to an accuracy of %s: sft, then dpo > orpo".formatted(GOAL), t -> saved(t) > 0),
                Expectation.near("share of the compute saved", 0.4, 0.1, OrpoCompute::saved));
    }

    /// No number where one of the two did not get there.
    private static double saved(Table t) {
        boolean arrived = t.at(TWO, ACCURACY) >= GOAL && t.at(ONE, ACCURACY) >= GOAL;
        return arrived ? 1 - t.at(ONE, COMPUTE) / t.at(TWO, COMPUTE) : Double.NaN;
    }

    @Override
    public Table measure(Trial trial) {
        CausalLm base = Walkers.SIZE.random(trial.random(1), trial.run());
        List<Pair> pairs = pairs(trial.of(2000, 40), trial, 10);
        Way two = new Way(base, pairs(trial.of(300, 8), trial, 20), trial);
        Way one = new Way(base, two.held, trial);
        List<LabelledTokens> chosen = pairs.stream().map(Pair::chosen).toList();
        two.learn(Sft.defaults(), chosen, trial.of(SFT_STEPS, EVERY));
        two.learnToTheGoal(Dpo.defaults(), pairs);
        one.learnToTheGoal(new Orpo(1), pairs);
        Table table = new Table("way");
        two.put(table, TWO);
        one.put(table, ONE);
        return table;
    }

    private static List<Pair> pairs(int count, Trial trial, int use) {
        var rng = trial.random(use);
        List<int[]> prompts = Walks.prompts(count, rng);
        return Walks.pairs(Walks.texts(prompts, rng), Walks.texts(prompts, rng), Walks::worth);
    }

    /// One way from the base to the goal.
    private static final class Way {
        private final CausalLm base;
        private final List<Pair> held;
        private final Trial trial;
        private final AdapterSet weights;
        private long compute;
        private int steps;

        Way(CausalLm base, List<Pair> held, Trial trial) {
            this.base = base;
            this.held = held;
            this.trial = trial;
            Full full = Full.defaults();
            weights = AdapterSet.fresh(base, full, Selection.of(full.usualTargets()), trial.run(), trial.random(3));
        }

        Policy policy() {
            return new Policy(base, weights);
        }

        /// Takes some steps; the policy as it is before them is the reference.
        <E> void learn(Recipe<E> recipe, List<E> examples, int count) {
            try (Kernels run = trial.run().openStep()) {
                Policy before = new Policy(base, weights.snapshot(run));
                learn(recipe, examples, count, before, run);
            }
        }

        private <E> void learn(Recipe<E> recipe, List<E> examples, int count, Policy reference, Kernels run) {
            var pace = new Learning.Pace(Walkers.BATCH, count, 2e-3, trial.seed() + 100L * steps);
            var learning = Learning.from(reference, recipe, examples, pace);
            learning.of(base, weights, run);
            int passes = recipe.reference().isThere() ? 4 : 3;
            for (int i = 0; i < count; i++) {
                compute += passes
                        * learning.batch(i).stream().mapToLong(recipe::tokens).sum();
            }
            steps += count;
        }

        /// Goes on until enough pairs are ranked rightly, or for too long.
        <E> void learnToTheGoal(Recipe<E> recipe, List<E> examples) {
            try (Kernels run = trial.run().openStep()) {
                Policy before = new Policy(base, weights.snapshot(run));
                int last = steps + trial.of(MOST, EVERY);
                while (steps < last && accuracy() < GOAL) learn(recipe, examples, EVERY, before, run);
            }
        }

        /// Share of pairs of which a letter of the chosen answer is likelier.
        double accuracy() {
            List<Double> chosen = means(held.stream().map(Pair::chosen).toList());
            List<Double> rejected = means(held.stream().map(Pair::rejected).toList());
            return IntStream.range(0, held.size())
                    .mapToDouble(i -> chosen.get(i) > rejected.get(i) ? 1 : 0)
                    .average()
                    .orElseThrow();
        }

        private List<Double> means(List<LabelledTokens> answers) {
            List<Double> sums = Sampled.logProbs(policy(), answers, trial.run());
            return IntStream.range(0, answers.size())
                    .mapToObj(i -> sums.get(i) / answers.get(i).predicted())
                    .toList();
        }

        void put(Table table, String row) {
            List<LabelledTokens> chosen = held.stream().map(Pair::chosen).toList();
            table.put(row, "steps", steps)
                    .put(row, COMPUTE, compute / 1000.0)
                    .put(row, ACCURACY, accuracy())
                    .put(row, "loss", Score.of(policy(), chosen, trial.run()).loss());
        }
    }
}
