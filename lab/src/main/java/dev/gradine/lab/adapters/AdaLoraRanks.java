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
import dev.gradine.nn.Site;
import dev.gradine.peft.AdaLora;
import dev.gradine.peft.Adapter;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Selection;
import dev.gradine.tensor.Kernels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/// Where AdaLoRA leaves ranks when only what a model says last must change.
///
/// The base computes with letters. Then the letters of its answers are exchanged by a fixed code: what is read and
/// computed stays as it is, and what is written changes.
public record AdaLoraRanks() implements Experiment {

    private static final int LAYERS = 6;
    private static final SmallLlama SIZE = new SmallLlama(LetterTask.VOCAB, 48, LAYERS, LetterTask.LENGTH);
    private static final String RANK = "mean rank";

    @Override
    public About about() {
        return new About(
                "adalora",
                "AdaLoRA gives late layers more rank than early ones where late layers matter more.",
                "Zhang et al. 2023 (arXiv:2303.10512), figure 3",
                "Llama of 6 layers of 48 channels, trained from nothing to compute a letter from a word in five"
                        + " ways; the"
                        + " letters of the answers are then exchanged by a code, which the head, frozen, cannot undo."
                        + " AdaLoRA from rank 8 to a mean of 2 on all linear layers, 240 steps of 64 at 1e-2.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(Expectation.falling(RANK, "late half", "early half"));
    }

    @Override
    public Table measure(Trial trial) {
        Kernels run = trial.run();
        List<LabelledTokens> known = examples(LetterTask.computing(), trial.of(1500, 10), trial.random(2));
        CausalLm base = SIZE.trained(new Training(known, 64, trial.of(800, 2), 3e-3, trial.seed()), trial);
        UnaryOperator<int[]> code = LetterTask.randomCode(trial.random(3));
        List<LetterTask> coded =
                LetterTask.computing().stream().map(t -> t.coded(code)).toList();
        int steps = trial.of(240, 8);
        AdaLora method = method(steps);
        AdapterSet adapted = AdapterSet.fresh(base, method, Selection.of(method.usualTargets()), run, trial.random(4));
        List<LabelledTokens> held = examples(coded, 100, trial.random(5));
        Table table = new Table("layers");
        table.put("all", "right before", Score.of(Policy.of(base), held, run).accuracy());
        List<LabelledTokens> fresh = examples(coded, trial.of(1000, 10), trial.random(6));
        new Training(fresh, 64, steps, 1e-2, trial.seed()).of(base, adapted, run);
        table.put(
                "all",
                "right after",
                Score.of(new Policy(base, adapted), held, run).accuracy());
        for (int l = 0; l < LAYERS; l++) table.put("layer " + l, RANK, rank(adapted, l, l + 1, run));
        table.put("early half", RANK, rank(adapted, 0, LAYERS / 2, run));
        table.put("late half", RANK, rank(adapted, LAYERS / 2, LAYERS, run));
        table.put("all", RANK, rank(adapted, 0, LAYERS, run));
        return table;
    }

    private static AdaLora method(int steps) {
        var schedule = new AdaLora.Schedule(8, 2, steps / 8, steps / 4, Math.max(1, steps / 24), steps);
        return new AdaLora(schedule, new AdaLora.Importance(0.85, 0.85), 0.1, 8, 0, new LinkedHashMap<>());
    }

    private static List<LabelledTokens> examples(List<LetterTask> tasks, int count, RandomGenerator rng) {
        return LetterTask.cut(LetterTask.examples(tasks, count, rng));
    }

    /// Mean over the linear layers of some blocks.
    private static double rank(AdapterSet adapted, int from, int to, Kernels run) {
        int ranks = 0;
        int places = 0;
        for (var e : adapted.adapters().entrySet()) {
            int block = block(e.getKey());
            if (block < from || block >= to) continue;
            ranks += rank(e.getValue(), run);
            places++;
        }
        return (double) ranks / places;
    }

    private static int block(Site site) {
        return Integer.parseInt(site.path().split("\\.", -1)[2]);
    }

    private static int rank(Adapter adapter, Kernels run) {
        int n = 0;
        for (var p : adapter.params().entrySet()) {
            if (!p.getKey().equals("lora_E")) continue;
            for (float e : run.download(p.getValue().value())) if (e != 0) n++;
        }
        return n;
    }
}
