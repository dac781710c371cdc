package dev.gradine.lab.alignment;

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
import java.util.ArrayList;
import java.util.List;

/// What the story model keeps of stories while it learns to add, where some of what it reads are stories.
///
/// ```
/// kept = (L_0 − L_s) / (L_0 − L_base)        L_s: loss on stories with a share s of them in training
/// ```
public record Replay() implements Experiment {

    private static final String SUMS = "loss on sums";
    private static final String STORIES = "loss on stories";
    private static final String KEPT = "kept";
    private static final int ROWS = 2000; // drawn from
    private static final int PIECE = 16; // tokens of a piece of a story, which is a row

    @Override
    public About about() {
        return new About(
                "replay",
                "A few per cent of old text among the new keep most of what fine-tuning forgets, at little cost.",
                "Scialom et al. 2022 (arXiv:2205.12393), section 4; Ibrahim et al. 2024 (arXiv:2403.08763), section 6",
                "Story model, sums such as `7 + 12 = 19`, all weights, 150 steps of 20 rows at 1e-3; 0, 5 or 20 % of"
                        + " the rows are pieces of 16 tokens of stories. Loss on whole stories that are not among them,"
                        + " and on sums held out.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                Expectation.falling(STORIES, row(0), row(5), row(20)),
                new Expectation("kept: 5 % at least half", t -> t.at(row(5), KEPT) >= 0.5),
                new Expectation(
                        "loss on sums: 5 % at most 0.05 above 0 %",
                        t -> t.at(row(5), SUMS) <= t.at(row(0), SUMS) + 0.05));
    }

    private static String row(int percent) {
        return percent + " % stories";
    }

    @Override
    public Table measure(Trial trial) {
        Table table = new Table("model");
        try (Stories stories = Stories.open(trial)) {
            List<LabelledTokens> held = stories.sums(100, trial.random(1));
            List<LabelledTokens> old = Stories.pieces(stories.endings(), PIECE).stream()
                    .map(ids -> new LabelledTokens(ids, ids))
                    .toList();
            put(table, "base", Policy.of(stories.model()), stories, held, trial);
            for (int percent : List.of(0, 5, 20)) {
                int replayed = ROWS * percent / 100;
                List<LabelledTokens> rows = new ArrayList<>(stories.sums(ROWS - replayed, trial.random(2)));
                var rng = trial.random(3);
                for (int i = 0; i < replayed; i++) rows.add(old.get(rng.nextInt(old.size())));
                AdapterSet adapted = stories.adapted(Full.defaults(), trial.random(0));
                new Training(rows, 20, trial.of(150, 2), 1e-3, trial.seed()).of(stories.model(), adapted, trial.run());
                put(table, row(percent), new Policy(stories.model(), adapted), stories, held, trial);
                double forgotten = table.at(row(0), STORIES) - table.at("base", STORIES);
                double kept = (table.at(row(0), STORIES) - table.at(row(percent), STORIES)) / forgotten;
                table.put(row(percent), KEPT, kept);
            }
        }
        return table;
    }

    private static void put(
            Table table, String row, Policy policy, Stories stories, List<LabelledTokens> sums, Trial trial) {
        List<LabelledTokens> whole = stories.wholeStories();
        List<LabelledTokens> texts = whole.subList(0, Math.min(60, whole.size()));
        table.put(row, SUMS, Score.of(policy, sums, trial.run()).loss());
        table.put(row, STORIES, Score.of(policy, texts, trial.run()).loss());
    }
}
