package dev.gradine.lab.adapters;

import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.Score;
import dev.gradine.lab.base.Stories;
import dev.gradine.lab.base.Training;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import dev.gradine.peft.LoraInit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// A LoRA that begins as the principal part of the weight gets further in the same steps than one that begins at zero.
///
/// The paper gives both one learning rate. Here there are three, from low to what suits LoRA best, for the
/// answer depends on it.
public record PissaSpeed() implements Experiment {

    private static final int RANK = 8;
    private static final SequencedMap<String, Double> RATES = rates();

    @Override
    public About about() {
        return new About(
                "pissa",
                "PiSSA gets further than LoRA in the same steps.",
                "Meng, Wang & Zhang 2024 (arXiv:2404.02948), where LoRA and PiSSA train at one rate",
                "Story model, endings of stories, rank 8 and alpha 8 on all linear layers, 40 steps of 8 at one"
                        + " of three"
                        + " learning rates; loss on endings of other stories.");
    }

    @Override
    public List<Expectation> expected() {
        return RATES.keySet().stream()
                .map(at -> Expectation.falling(at, "lora", "pissa"))
                .toList();
    }

    private static SequencedMap<String, Double> rates() {
        SequencedMap<String, Double> all = new LinkedHashMap<>();
        all.put("at 1e-4", 1e-4);
        all.put("at 5e-4", 5e-4);
        all.put("at 2e-3", 2e-3);
        return all;
    }

    @Override
    public Table measure(Trial trial) {
        Table table = new Table("held-out loss");
        try (Stories stories = Stories.open(trial)) {
            Training training = new Training(stories.endings(), 8, trial.of(40, 1), 0, trial.seed());
            double base = loss(Policy.of(stories.model()), stories, trial);
            RATES.forEach((at, lr) -> {
                table.put("base", at, base);
                for (String init : List.of("true", "pissa")) {
                    var details = new Lora.Details(false, LoraInit.parse(init));
                    Lora lora = new Lora(RANK, RANK, 0, false, Lora.Patterns.none(), details);
                    AdapterSet adapted = stories.adapted(lora, trial.random(0));
                    training.with(training.steps(), lr).of(stories.model(), adapted, trial.run());
                    double loss = loss(new Policy(stories.model(), adapted), stories, trial);
                    table.put(init.equals("true") ? "lora" : init, at, loss);
                }
            });
        }
        return table;
    }

    private static double loss(Policy policy, Stories stories, Trial trial) {
        return Score.of(policy, stories.otherEndings(), trial.run()).loss();
    }
}
