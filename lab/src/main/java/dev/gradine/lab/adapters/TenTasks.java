package dev.gradine.lab.adapters;

import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.LetterTask;
import dev.gradine.lab.base.Score;
import dev.gradine.lab.base.SmallLlama;
import dev.gradine.lab.base.Training;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Combination;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.Kernels;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// Ten adapters of ten tasks made one, by the average of their updates and by TIES.
///
/// TIES takes the mean over those adapters alone whose value survives, so its update is larger than the
/// average; the paper multiplies it by a λ, which is 1 where there are no held-out data to choose it by.
public record TenTasks() implements Experiment {

    private static final SmallLlama SIZE = new SmallLlama(LetterTask.VOCAB, 48, 3, LetterTask.LENGTH);
    private static final double DENSITY = 0.2;
    private static final String MEAN = "mean";
    private static final String OWN = "own adapter";

    @Override
    public About about() {
        return new About(
                "merge",
                "TIES keeps more of ten tasks than the average of their updates, and less than each task's own"
                        + " adapter.",
                "Yadav et al. 2023, TIES-merging (arXiv:2306.01708), section 4 and table 1",
                "Llama of 3 layers of 48 channels, trained from nothing on ten letter tasks, 200 steps; then a LoRA of"
                        + " rank 8 for each of them, 100 steps of 32 at 1e-3; TIES of the updates with density 0.2, λ 1"
                        + " and 0.3. Share of the letters of held-out answers that are right; chance is 0.06.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                Expectation.fallingAlong(MEAN, OWN, "average", "base"),
                Expectation.fallingAlong(MEAN, OWN, "ties, λ 1", "average"),
                Expectation.fallingAlong(MEAN, OWN, "ties, λ 0.3", "average"));
    }

    @Override
    public Table measure(Trial trial) {
        Kernels run = trial.run();
        List<LetterTask> tasks = LetterTask.ten().subList(0, trial.of(10, 2));
        List<LabelledTokens> known = LetterTask.examples(tasks, trial.of(1000, 10), trial.random(2));
        CausalLm base = SIZE.trained(new Training(known, 32, trial.of(200, 2), 3e-3, trial.seed()), trial);
        SequencedMap<String, AdapterSet> own = new LinkedHashMap<>();
        for (LetterTask t : tasks) own.put(t.name(), adapter(base, t, trial));
        SequencedMap<String, AdapterSet> merged = new LinkedHashMap<>();
        merged.put("average", merged(Combination.Type.AVERAGE, own, 1, run));
        merged.put("ties, λ 1", merged(Combination.Type.TIES_SVD, own, 1, run));
        merged.put("ties, λ 0.3", merged(Combination.Type.TIES_SVD, own, 0.3, run));
        Table table = new Table("task");
        for (LetterTask t : tasks) {
            List<LabelledTokens> held = t.examples(60, trial.random(5));
            table.put(t.name(), "base", Score.of(Policy.of(base), held, run).accuracy());
            AdapterSet its = own.getOrDefault(t.name(), AdapterSet.none(base));
            table.put(t.name(), OWN, Score.of(new Policy(base, its), held, run).accuracy());
            merged.forEach((c, set) -> table.put(
                    t.name(), c, Score.of(new Policy(base, set), held, run).accuracy()));
        }
        for (String c : table.columns()) {
            table.put(
                    MEAN,
                    c,
                    tasks.stream()
                            .mapToDouble(t -> table.at(t.name(), c))
                            .average()
                            .orElseThrow());
        }
        return table;
    }

    private static AdapterSet merged(
            Combination.Type type, SequencedMap<String, AdapterSet> own, double lambda, Kernels run) {
        boolean ties = type == Combination.Type.TIES_SVD;
        double density = ties ? DENSITY : Double.NaN;
        int rank = ties ? SIZE.channels() : 0; // all of the update
        return new Combination(type, density, rank, Double.NaN, false, 0)
                .of(own, Collections.nCopies(own.size(), lambda), run);
    }

    private static AdapterSet adapter(CausalLm base, LetterTask task, Trial trial) {
        AdapterSet adapted = AdapterSet.fresh(
                base, Lora.of(8, 16), Selection.of("all-linear"), trial.run(), trial.random(task.mark()));
        List<LabelledTokens> examples = task.examples(1000, trial.random(100 + task.mark()));
        new Training(examples, 32, trial.of(100, 2), 1e-3, trial.seed()).of(base, adapted, trial.run());
        return adapted;
    }
}
