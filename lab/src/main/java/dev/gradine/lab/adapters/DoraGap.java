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
import dev.gradine.peft.Dora;
import dev.gradine.peft.Full;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Method;
import dev.gradine.peft.Selection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// How much of what full fine-tuning gains over the base LoRA and DoRA gain at low ranks.
///
/// ```
/// share = (a − a_base) / (a_full − a_base)         a: share of letters that are right
/// ```
public record DoraGap() implements Experiment {

    private static final SmallLlama SIZE = new SmallLlama(LetterTask.VOCAB, 48, 3, LetterTask.LENGTH);
    private static final String RIGHT = "letters right";
    private static final String SHARE = "share of the gap closed";

    @Override
    public About about() {
        return new About(
                "dora",
                "At ranks 4 and 8 DoRA closes more of the gap between the base and full fine-tuning than LoRA.",
                "Liu et al. 2024 (arXiv:2402.09353), section 5.5",
                "Llama of 3 layers of 48 channels, trained from nothing on six letter tasks, then on ten others"
                        + " at once,"
                        + " 300 steps of 32: adapters with alpha twice the rank on all linear layers at 1e-2,"
                        + " all weights"
                        + " at 3e-3, for each the best of 1e-3, 3e-3 and 1e-2; share of the letters of held-out answers"
                        + " that are right.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                Expectation.falling(SHARE, "full", "dora, rank 4", "lora, rank 4"),
                Expectation.falling(SHARE, "full", "dora, rank 8", "lora, rank 8"));
    }

    private static SequencedMap<String, Method> methods() {
        SequencedMap<String, Method> all = new LinkedHashMap<>();
        all.put("full", Full.defaults());
        for (int rank : List.of(4, 8)) {
            all.put("lora, rank " + rank, Lora.of(rank, 2 * rank));
            all.put("dora, rank " + rank, new Dora(Lora.of(rank, 2 * rank)));
        }
        return all;
    }

    @Override
    public Table measure(Trial trial) {
        List<LabelledTokens> known = LetterTask.examples(LetterTask.first(), trial.of(1500, 10), trial.random(2));
        CausalLm base = SIZE.trained(new Training(known, 32, trial.of(800, 2), 3e-3, trial.seed()), trial);
        List<LabelledTokens> fresh = LetterTask.examples(LetterTask.ten(), trial.of(500, 10), trial.random(3));
        List<LabelledTokens> held = LetterTask.examples(LetterTask.ten(), 40, trial.random(4));
        double before = Score.of(Policy.of(base), held, trial.run()).accuracy();
        Table table = new Table("method")
                .put("base", "trained", 0)
                .put("base", RIGHT, before)
                .put("base", SHARE, 0);
        methods().forEach((name, method) -> {
            Selection where = Selection.of(method.usualTargets());
            AdapterSet adapted = AdapterSet.fresh(base, method, where, trial.run(), trial.random(5));
            double lr = method instanceof Full ? 3e-3 : 1e-2;
            new Training(fresh, 32, trial.of(300, 2), lr, trial.seed()).of(base, adapted, trial.run());
            double right =
                    Score.of(new Policy(base, adapted), held, trial.run()).accuracy();
            table.put(name, "trained", (double) adapted.trainedValues()).put(name, RIGHT, right);
            table.put(name, SHARE, (right - before) / (table.at("full", RIGHT) - before));
        });
        return table;
    }
}
