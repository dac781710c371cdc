package dev.gradine.lab.adapters;

import dev.gradine.lab.About;
import dev.gradine.lab.Expectation;
import dev.gradine.lab.Experiment;
import dev.gradine.lab.Table;
import dev.gradine.lab.Trial;
import dev.gradine.lab.base.Stories;
import dev.gradine.lab.base.Training;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Lora;
import java.util.List;

/// With the scale α/√r the gradient does not shrink when the rank grows; with α/r it does.
///
/// ```
/// ‖∂L/∂B‖ = s ‖gᵀ x Aᵀ‖ ∝ s √r         s = α/r: ∝ 1/√r         s = α/√r: flat
/// ```
public record RsLoraNorm() implements Experiment {

    private static final List<Integer> RANKS = List.of(4, 16, 64);
    private static final double ALPHA = 16;

    @Override
    public About about() {
        return new About(
                "rslora",
                "The norm of rsLoRA's gradient is flat in the rank; LoRA's falls by 1/√r.",
                "Kalajdzievski 2023, rank-stabilized LoRA (arXiv:2312.03732), theorem 3.2",
                "Story model, endings of stories, adapters of ranks 4, 16 and 64 with alpha 16 on all linear layers;"
                        + " norm of the whole gradient at the first step, and its mean over 8 steps of 8 at 5e-4."
                        + " The exponent is the slope of log norm over log rank from the lowest rank to the highest.");
    }

    @Override
    public List<Expectation> expected() {
        return List.of(
                exponent("lora, first step", -0.5),
                exponent("rslora, first step", 0),
                exponent("lora, mean", -0.5),
                exponent("rslora, mean", 0));
    }

    private static Expectation exponent(String column, double expected) {
        return Expectation.near("exponent of " + column, expected, 0.15, t -> exponent(t, column));
    }

    private static double exponent(Table t, String column) {
        int low = RANKS.getFirst();
        int high = RANKS.getLast();
        return Math.log(t.at("" + high, column) / t.at("" + low, column)) / Math.log((double) high / low);
    }

    @Override
    public Table measure(Trial trial) {
        Table table = new Table("rank");
        try (Stories stories = Stories.open(trial)) {
            Training training = new Training(stories.endings(), 8, trial.of(8, 1), 5e-4, trial.seed());
            for (int rank : RANKS) {
                for (boolean stabilised : List.of(false, true)) {
                    Lora lora = new Lora(rank, ALPHA, 0, stabilised, Lora.Patterns.none(), false);
                    AdapterSet adapted = stories.adapted(lora, trial.random(rank));
                    List<Double> norms =
                            training.of(stories.model(), adapted, trial.run()).gradients();
                    String name = stabilised ? "rslora" : "lora";
                    table.put("" + rank, name + ", first step", norms.getFirst());
                    double mean = norms.stream().mapToDouble(n -> n).average().orElseThrow();
                    table.put("" + rank, name + ", mean", mean);
                }
            }
        }
        return table;
    }
}
