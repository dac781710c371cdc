package dev.gradine.lab.alignment;

import dev.gradine.align.Dpo;
import dev.gradine.autograd.Param;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.LetterTask;
import dev.gradine.lab.base.OtherWeights;
import dev.gradine.lab.base.Score;
import dev.gradine.lab.base.Walks;
import dev.gradine.nn.Policy;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// What alignment costs of other abilities, and how much of it the mean of the weights before and after gives back.
///
/// ```
/// w = (w_base + w_aligned) / 2
/// ```
public record AlignmentTax() implements Experiment {

    private static final String RIGHT = "letters right";
    private static final String ALIGNED = "aligned";
    private static final String MEAN = "50/50 mean";

    @Override
    public About about() {
        return new About(
                "tax",
                "The mean of the weights before and after alignment pays half of its tax at most, and keeps half of its"
                        + " reward at least.",
                "Lin et al. 2023 (arXiv:2309.06256), sections 4 and 5; the mean is that of Wortsman et al. 2021,"
                        + " WiSE-FT (arXiv:2109.01903)",
                Walkers.SET_UP + "It has learnt three letter tasks as well, 1,000 steps of both at 3e-3, of which"
                        + " alignment sees nothing: DPO with β 0.1 on the base's own walks, 100 steps of 32 at 2e-3."
                        + " Letters of held-out answers of those tasks that are right.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                Expectation.falling(RIGHT, "base", ALIGNED),
                new Expectation("tax: half at most", t -> tax(t, MEAN) <= tax(t, ALIGNED) / 2),
                new Expectation("reward gained: half at least", t -> gain(t, MEAN) >= gain(t, ALIGNED) / 2));
    }

    private static double tax(Table t, String row) {
        return t.at("base", RIGHT) - t.at(row, RIGHT);
    }

    private static double gain(Table t, String row) {
        return t.at(row, Walkers.REWARD) - t.at("base", Walkers.REWARD);
    }

    @Override
    public Table measure(Trial trial) {
        List<LetterTask> tasks = LetterTask.first().subList(0, 3);
        List<LabelledTokens> texts = new ArrayList<>(LetterTask.examples(tasks, trial.of(1500, 10), trial.random(7)));
        texts.addAll(Walks.texts(trial.of(3000, 20), trial.random(2)));
        Walkers walkers = Walkers.of(texts, trial.of(1000, 2), trial);
        List<Pair> pairs = walkers.pairs(trial.of(1000, 8), Walks::worth, 10);
        Policy aligned = walkers.learnt(Dpo.defaults(), pairs, trial.of(100, 2), 2e-3);
        List<LabelledTokens> held = LetterTask.examples(tasks, trial.of(100, 4), trial.random(8));
        SequencedMap<String, Policy> all = new LinkedHashMap<>();
        all.put("base", Policy.of(walkers.base()));
        all.put(ALIGNED, aligned);
        all.put(MEAN, mean(aligned, trial.run()));
        Table table = new Table("model");
        all.forEach((row, policy) -> {
            table.put(row, RIGHT, Score.of(policy, held, trial.run()).accuracy());
            walkers.put(table, row, policy);
        });
        return table;
    }

    /// Half of each weight as it was, half as it is.
    private static Policy mean(Policy trained, Kernels run) {
        SequencedMap<Weight, Param> halves = new LinkedHashMap<>();
        for (Weight w : trained.model().weights()) {
            Tensor mean = run.zeros(w.param().value().shape());
            run.elementwise().axpy(0.5f, w.param().value(), mean);
            run.elementwise().axpy(0.5f, trained.adapters().at(w).value(), mean);
            halves.put(w, Param.frozen(w.path(), mean));
        }
        return new Policy(trained.model(), new OtherWeights(halves));
    }
}
