package dev.gradine.lab.adapters;

import dev.gradine.data.encode.LabelledTokens;
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
import dev.gradine.peft.Full;
import dev.gradine.peft.Lora;
import dev.gradine.peft.Method;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// What the story model has lost of stories once it can add.
public record Forgetting() implements Experiment {

    private static final String SUMS = "loss on sums";
    private static final String LOST = "loss on stories";

    @Override
    public About about() {
        return new About(
                "forgetting",
                "Full fine-tuning forgets more of the base's text than LoRA does.",
                "Biderman et al. 2024, LoRA learns less and forgets less (arXiv:2405.09673), section 4",
                "Story model, sums such as `7 + 12 = 19`, 200 steps of 16: all weights at 1e-3 and at 2e-4,"
                        + " LoRA of ranks"
                        + " 4 and 16 with alpha twice the rank on all linear layers at 1e-3; loss on whole stories, and"
                        + " loss on held-out sums.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                Expectation.falling(LOST, "full, 1e-3", "lora, rank 16", "base"),
                Expectation.falling(LOST, "full, 1e-3", "lora, rank 4", "base"),
                Expectation.falling(LOST, "full, 2e-4", "lora, rank 4", "base"));
    }

    @Override
    public Table measure(Trial trial) {
        SequencedMap<String, Method> methods = new LinkedHashMap<>();
        methods.put("full, 1e-3", Full.defaults());
        methods.put("full, 2e-4", Full.defaults());
        methods.put("lora, rank 16", Lora.of(16, 32));
        methods.put("lora, rank 4", Lora.of(4, 8));
        Table table = new Table("method");
        try (Stories stories = Stories.open(trial)) {
            List<LabelledTokens> held = stories.sums(100, trial.random(1));
            List<LabelledTokens> sums = stories.sums(1000, trial.random(2));
            List<LabelledTokens> texts = stories.wholeStories();
            Policy before = Policy.of(stories.model());
            table.put("base", SUMS, loss(before, held, trial)).put("base", LOST, loss(before, texts, trial));
            methods.forEach((name, method) -> {
                AdapterSet adapted = stories.adapted(method, trial.random(0));
                double lr = name.endsWith("2e-4") ? 2e-4 : 1e-3;
                new Training(sums, 16, trial.of(200, 2), lr, trial.seed()).of(stories.model(), adapted, trial.run());
                Policy after = new Policy(stories.model(), adapted);
                table.put(name, SUMS, loss(after, held, trial)).put(name, LOST, loss(after, texts, trial));
            });
        }
        return table;
    }

    private static double loss(Policy p, List<LabelledTokens> texts, Trial trial) {
        return Score.of(p, texts, trial.run()).loss();
    }
}
