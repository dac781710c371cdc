package dev.gradine.lab.alignment;

import dev.gradine.align.Dpo;
import dev.gradine.align.Sft;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.Walks;
import dev.gradine.nn.Policy;
import java.util.ArrayList;
import java.util.List;

/// What reward is reached at what distance from the base, where the reward is known exactly.
///
/// ```
/// frontier(κ) = most reward of DPO with a KL of κ to the base, straight lines between the points there are
/// ```
public record DpoFrontier() implements Experiment {

    private static final List<Float> BETAS = List.of(10f, 1f, 0.125f);
    private static final List<Integer> STEPS = List.of(10, 50, 200);
    private static final String BASE = "base";
    private static final String LAST = "sft, 200 steps";

    @Override
    public About about() {
        return new About(
                "frontier",
                "At the same KL to the base DPO reaches more reward than fine-tuning on the preferred answers.",
                "Rafailov et al. 2023 (arXiv:2305.18290), section 6.1 and figure 2",
                Walkers.SET_UP + "Two answers of the base to each of 1,000 prompts, the better one preferred: DPO with"
                        + " β from 10 to 1/8, and SFT on the preferred answers, after 10, 50 and 200 steps of 32 at"
                        + " 1e-3. KL and reward by 400 answers to other prompts.");
    }

    @Override
    public List<Expectation> expected() {
        List<Expectation> all = new ArrayList<>();
        for (int steps : STEPS.subList(1, STEPS.size())) {
            String sft = sft(steps);
            all.add(new Expectation(
                    "reward: dpo, at the KL of " + sft + " > " + sft,
                    t -> frontier(t, t.at(sft, Walkers.KL)) > t.at(sft, Walkers.REWARD)));
        }
        all.add(Expectation.falling(Walkers.REWARD, dpo(1, STEPS.getLast()), LAST, BASE));
        return all;
    }

    private static String sft(int steps) {
        return "sft, %d steps".formatted(steps);
    }

    private static String dpo(double beta, int steps) {
        return "dpo, β %s, %d steps".formatted(beta == Math.rint(beta) ? "" + (int) beta : "" + beta, steps);
    }

    /// Most reward of DPO at a KL. What lies between two points is reached by answering as the one model at times, and
    /// as the other at others.
    static double frontier(Table t, double kl) {
        List<String> points = t.rows().stream()
                .filter(r -> r.equals(BASE) || r.startsWith("dpo"))
                .toList();
        double most = Double.NEGATIVE_INFINITY;
        for (String low : points) {
            double from = t.at(low, Walkers.KL);
            if (from > kl) continue;
            most = Math.max(most, t.at(low, Walkers.REWARD));
            for (String high : points) {
                double to = t.at(high, Walkers.KL);
                if (to <= kl) continue;
                double share = (kl - from) / (to - from);
                double between = (1 - share) * t.at(low, Walkers.REWARD) + share * t.at(high, Walkers.REWARD);
                most = Math.max(most, between);
            }
        }
        return most;
    }

    @Override
    public Table measure(Trial trial) {
        Walkers walkers = Walkers.of(trial);
        List<Pair> pairs = walkers.pairs(trial.of(1000, 8), Walks::worth, 10);
        List<Integer> moments =
                STEPS.stream().map(n -> trial.of(n, 1 + STEPS.indexOf(n))).toList();
        Table table = new Table("model");
        walkers.put(table, BASE, Policy.of(walkers.base()));
        List<LabelledTokens> preferred = pairs.stream().map(Pair::chosen).toList();
        walkers.learnt(Sft.defaults(), preferred, moments.getLast(), 1e-3, (step, policy) -> {
            int moment = moments.indexOf(step);
            if (moment >= 0) walkers.put(table, sft(STEPS.get(moment)), policy);
        });
        for (float beta : BETAS) {
            walkers.learnt(new Dpo(beta), pairs, moments.getLast(), 1e-3, (step, policy) -> {
                int moment = moments.indexOf(step);
                if (moment >= 0) walkers.put(table, dpo(beta, STEPS.get(moment)), policy);
            });
        }
        return table;
    }
}
