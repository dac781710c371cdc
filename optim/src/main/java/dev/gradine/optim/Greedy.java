package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// Raises the learning rate while evaluations get better and lowers it while they do not.
///
/// ```
/// after more than `patience` better evaluations in a row:    lr ← min(lr / factor, max)
/// after more than `patience` others in a row:                lr ← max(lr · factor, min)
/// ```
///
/// Once it was to be lowered `reset` times at its least, all begins anew. `GreedyLR` of transformers
/// (arXiv:2512.14527), whose bounds are 0.001 and 1 where none are given: of learning rates below them, as
/// adapters have, it would never lower one. Here they follow from `--lr`.
///
/// @param rule when that is
/// @param minLr least learning rate; null for a tenth of the first
/// @param maxLr largest learning rate; null for ten times the first
/// @param plateauWarmup evaluations that are not counted after the learning rate was raised
/// @param plateauSmooth evaluations whose mean is looked at; 0 for each value as it is
/// @param plateauReset how often it is to be lowered at its least until all begins anew
public record Greedy(
        @Part PlateauRule rule,

        @Option(says = "Least learning rate.", least = 0, otherwise = "a tenth of --lr") @Nullable
        Double minLr,

        @Option(says = "Largest learning rate.", least = 0, otherwise = "ten times --lr") @Nullable
        Double maxLr,

        @Option(says = "Evaluations left out after the learning rate was raised.", label = "N", least = 0)
        int plateauWarmup,

        @Option(says = "Look at the mean of so many evaluations; 0 for each as it is.", label = "N", least = 0)
        int plateauSmooth,

        @Option(says = "Begin anew after so many times at the least learning rate.", label = "N", least = 1)
        int plateauReset)
        implements Watching {

    private static final double SPAN = 10;

    /// As in transformers, but for the bounds.
    public static Greedy defaults() {
        return new Greedy(new PlateauRule(0.95, 10, 1e-6, PlateauRule.Mode.ABS, 0), null, null, 0, 0, 500);
    }

    @Override
    public String name() {
        return "greedy";
    }

    @Override
    public void requireUse(Span span) {
        Watching.super.requireUse(span);
        String than = "--lr, which is " + span.lr();
        if (minLr != null) require("min-lr", minLr, minLr < span.lr(), "below " + than);
        if (maxLr != null) require("max-lr", maxLr, maxLr > span.lr(), "above " + than);
    }

    @Override
    public Watcher watch(double lr, boolean isRising) {
        return new Moving(this, lr, isRising);
    }

    private static final class Moving implements Watcher {
        private final Greedy of;
        private final PlateauRule rule;
        private final double first;
        private final boolean isRising;
        private final double least;
        private final double most;
        private final Deque<Double> window = new ArrayDeque<>();
        private double sum; // of the window
        private double lr;
        private double best;
        private int bad;
        private int good;
        private int pause;
        private int left; // times at the least until all begins anew

        Moving(Greedy of, double lr, boolean isRising) {
            this.of = of;
            rule = of.rule;
            first = lr;
            this.isRising = isRising;
            least = of.minLr == null ? lr / SPAN : of.minLr;
            most = of.maxLr == null ? lr * SPAN : of.maxLr;
            begin();
        }

        private void begin() {
            lr = first;
            best = PlateauRule.worst(isRising);
            bad = 0;
            good = 0;
            pause = 0;
            left = of.plateauReset;
            window.clear();
            sum = 0;
        }

        @Override
        public double lr() {
            return lr;
        }

        @Override
        public void see(double value) {
            double current = of.plateauSmooth == 0 ? value : mean(value);
            if (pause > 0) {
                pause--;
                bad = 0;
                good = 0;
                return;
            }
            if (rule.isBetter(current, best, isRising)) {
                best = current;
                bad = 0;
                good++;
            } else {
                bad++;
                good = 0;
            }
            if (good > rule.plateauPatience()) raise();
            else if (bad > rule.plateauPatience()) lower();
        }

        private double mean(double value) {
            window.addLast(value);
            sum += value;
            if (window.size() > of.plateauSmooth) sum -= window.removeFirst();
            return sum / window.size();
        }

        private void raise() {
            double higher = Math.min(lr / rule.plateauFactor(), most);
            if (higher - lr > LEAST_CHANGE) lr = higher;
            left = of.plateauReset;
            pause = of.plateauWarmup;
            good = 0;
        }

        private void lower() {
            double lower = Math.max(lr * rule.plateauFactor(), least);
            if (lr - lower > LEAST_CHANGE) lr = lower;
            if (lr <= least) left--;
            pause = rule.plateauCooldown();
            bad = 0;
            if (left > 0) return;
            begin();
            pause = rule.plateauCooldown();
        }
    }
}
