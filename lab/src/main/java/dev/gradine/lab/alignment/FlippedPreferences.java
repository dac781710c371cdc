package dev.gradine.lab.alignment;

import dev.gradine.align.Dpo;
import dev.gradine.data.encode.Pair;
import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.Walks;
import dev.gradine.nn.Policy;
import dev.gradine.settings.Settings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// What wrong labels take from DPO, whose margins grow without end, and from IPO, whose target is finite.
///
/// ```
/// loss = accuracy without a wrong label − accuracy with 30 % of them        on pairs that are labelled rightly
/// ```
public record FlippedPreferences() implements Experiment {

    private static final List<Integer> PERCENT = List.of(0, 10, 30);

    @Override
    public About about() {
        return new About(
                "flips",
                "Flipped preferences take less accuracy from IPO than from DPO.",
                "Azar et al. 2023 (arXiv:2310.12036), section 5, of preferences that DPO overfits; Chowdhury et al."
                        + " 2024 (arXiv:2403.00409) of flipped ones",
                Walkers.SET_UP + "Two answers of the base to each of 400 prompts, and 0, 10 or 30 % of the pairs the"
                        + " wrong way round. DPO and IPO as in the paper, over sums, with β 0.1, 200 steps of 32 at"
                        + " 1e-3. Accuracy is that on 400 other pairs, none of them flipped.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                Expectation.fallingAlong("dpo", accuracy(0), accuracy(30)),
                new Expectation("accuracy lost to 30 %: dpo > ipo", t -> lost(t, "dpo") > lost(t, "ipo")),
                new Expectation("KL at 30 %: dpo > ipo", t -> t.at("dpo", kl(30)) > t.at("ipo", kl(30))));
    }

    private static double lost(Table t, String row) {
        return t.at(row, accuracy(0)) - t.at(row, accuracy(30));
    }

    private static String accuracy(int percent) {
        return "accuracy, %d %%".formatted(percent);
    }

    private static String kl(int percent) {
        return "KL, %d %%".formatted(percent);
    }

    private static SequencedMap<String, Dpo> losses() {
        SequencedMap<String, Dpo> all = new LinkedHashMap<>();
        all.put("dpo", Dpo.defaults());
        all.put("ipo", Settings.of(Dpo.defaults()).read(Map.of("loss", "ipo_sum")));
        return all;
    }

    @Override
    public Table measure(Trial trial) {
        Walkers walkers = Walkers.of(trial);
        List<Pair> right = walkers.pairs(trial.of(400, 8), Walks::worth, 10);
        List<Pair> held = walkers.pairs(trial.of(400, 8), Walks::worth, 20);
        Table table = new Table("loss");
        losses().forEach((name, loss) -> {
            for (int percent : PERCENT) {
                List<Pair> pairs = Walkers.flipped(right, percent / 100.0, trial.random(6));
                Policy policy = walkers.learnt(loss, pairs, trial.of(200, 2), 1e-3);
                Table own = new Table("");
                walkers.put(own, "", policy);
                table.put(name, accuracy(percent), walkers.accuracy(policy, held));
                table.put(name, "reward, %d %%".formatted(percent), own.at("", Walkers.REWARD));
                table.put(name, kl(percent), own.at("", Walkers.KL));
            }
        });
        return table;
    }
}
