package dev.gradine.train;

import dev.gradine.align.Recipe;
import dev.gradine.align.Sft;
import dev.gradine.data.batch.Quotas;
import dev.gradine.data.batch.SharedOrder;
import dev.gradine.data.encode.LabelledTokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The sources of a run side by side: what each step takes of each.
///
/// With one source a step takes its rows in their order. With several, each has its share of every step, and an epoch
/// has as many rows of `--data` as its files have together.
final class Mixture<E> {

    private final RunExamples<E> examples;
    private final RunSettings settings;
    private final Recipe<E> recipe;
    private final List<Double> shares = new ArrayList<>(); // of the recipe's own sources, then of the others
    private final int perStep;
    private final int stepsPerEpoch;

    /// @throws IllegalArgumentException if a setting has nothing to act on, or the rows of a step are too few
    Mixture(RunExamples<E> examples, RunSettings settings, Recipe<E> recipe) {
        this.examples = examples;
        this.settings = settings;
        this.recipe = recipe;
        perStep = ExampleBatches.perStep(settings, recipe);
        MixtureSettings how = settings.batches().mixture();
        double replayed = how.replayed();
        List<Integer> rows = new ArrayList<>();
        for (SourceExamples<E> p : examples.own()) {
            if (!p.source().isReplay()) rows.add(p.rows().size());
        }
        how.shares(rows).forEach(w -> shares.add(w * (1 - replayed)));
        if (replayed > 0) shares.add(replayed);
        double all = rows.stream().mapToInt(n -> n).sum() / (1 - replayed);
        stepsPerEpoch = (int) Math.ceil(all / perStep - 1e-9);
        require(how);
    }

    private void require(MixtureSettings how) {
        if (shares.size() > 1 && settings.batches().groupByLength()) {
            throw new IllegalArgumentException(
                    "--group-by-length: rows come from %d files, expected one (each step has".formatted(shares.size())
                            + " its share of each file)");
        }
        if (examples.others().isEmpty()) {
            if (how.replayWeight() == null) return;
            throw new IllegalArgumentException(
                    "--replay-weight: has no effect, for the replayed rows are learnt as the others are");
        }
        String name = recipe.about().name();
        if (recipe.reading().scores() || Rollouts.answers(recipe) > 1) {
            throw new IllegalArgumentException(
                    "--replay: rows are of another kind than those %s learns from".formatted(name)
                            + (recipe.reading().scores() ? ", and a model of scores has no words" : ""));
        }
        if (Math.floor(perStep * (1 - how.replayed())) < 1) {
            throw new IllegalArgumentException(
                    "--replay-share %s: of %d rows a step some have none for %s, expected a larger --batch"
                            .formatted(how.replayed(), perStep, name));
        }
    }

    private boolean isOne() {
        return shares.size() == 1;
    }

    int stepsPerEpoch() {
        return isOne() ? rows().stepsPerEpoch() : stepsPerEpoch;
    }

    /// The rows of the only source.
    private ExampleBatches<E> rows() {
        return ExampleBatches.of(examples.own().getFirst().rows(), settings, recipe);
    }

    /// What is told of it: `each step has 8 rows: alpaca 71.3 %, dolly 23.7 %, replay 5.0 %`.
    ///
    /// @param steps of the run
    /// @throws IllegalArgumentException if a source has no row in any of them
    List<String> told(int steps) {
        if (isOne()) return List.of();
        Quotas quotas = new Quotas(shares, perStep);
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < shares.size(); i++) {
            String name = part(i).name();
            if (quotas.before(i, steps) == 0) {
                throw new IllegalArgumentException("%s: %d steps of %d rows have none of a share of %s, expected more"
                        .formatted(name, steps, perStep, shares.get(i)));
            }
            parts.add(String.format(Locale.ROOT, "%s %.1f %%", name, 100 * shares.get(i)));
        }
        return List.of("each step has %d rows: %s".formatted(perStep, String.join(", ", parts)));
    }

    private SourceExamples<?> part(int i) {
        int own = examples.own().size();
        return i < own ? examples.own().get(i) : examples.others().get(i - own);
    }

    /// The sources in training.
    ///
    /// @param objective of the recipe
    /// @param rollouts for a recipe that samples answers
    List<MixedSource<?>> learnt(PolicyObjective<E> objective, Rollouts.Setup rollouts, Learner learner) {
        List<MixedSource<?>> all = new ArrayList<>();
        for (SourceExamples<E> p : examples.own()) {
            ExampleBatches<E> rows = isOne() ? rows() : shared(p, all.size());
            var batches = rollouts.over(recipe, rows, List.of(p.train(), p.evalSet()));
            all.add(new MixedSource<>(p.name(), objective, batches, rollouts.held(batches, p.evalSet()), 1));
        }
        for (SourceExamples<LabelledTokens> p : examples.others()) all.add(other(p, all.size(), learner));
        return all;
    }

    private MixedSource<LabelledTokens> other(SourceExamples<LabelledTokens> p, int number, Learner learner) {
        var plain = new Learner(learner.policy(), learner.checkpointing());
        Double weight = settings.batches().mixture().replayWeight();
        return new MixedSource<>(
                p.name(),
                PolicyObjective.of(Sft.defaults(), plain),
                shared(p, number),
                ExampleBatches.cut(p.evalSet(), settings.batches().batch()),
                weight == null ? 1 : weight);
    }

    private <X> ExampleBatches<X> shared(SourceExamples<X> p, int number) {
        var order = new SharedOrder(
                new Quotas(shares, perStep),
                number,
                p.rows().size(),
                settings.train().seed(),
                settings.batches().shuffle(),
                stepsPerEpoch);
        return ExampleBatches.of(p.rows(), order, settings, p.recipe());
    }
}
