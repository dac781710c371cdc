package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import dev.gradine.settings.Part;

/// Lowers the learning rate when evaluations have stopped getting better.
///
/// ```
/// after more than `patience` evaluations in a row that are not better:   lr ← max(lr · factor, min)
/// ```
///
/// `ReduceLROnPlateau` of torch, `reduce_lr_on_plateau` of transformers.
///
/// @param rule when that is
/// @param minLr least learning rate
public record ReduceOnPlateau(
        @Part PlateauRule rule,

        @Option(says = "Least learning rate.", least = 0, otherwise = "0")
        double minLr) implements Watching {

    /// A tenth after eleven evaluations that are not better by a ten thousandth.
    public static ReduceOnPlateau defaults() {
        return new ReduceOnPlateau(new PlateauRule(0.1, 10, 1e-4, PlateauRule.Mode.REL, 0), 0);
    }

    @Override
    public String name() {
        return "reduce-on-plateau";
    }

    @Override
    public void requireUse(Span span) {
        Watching.super.requireUse(span);
        require("min-lr", minLr, minLr < span.lr(), "below --lr, which is " + span.lr());
    }

    @Override
    public Watcher watch(double lr, boolean isRising) {
        return new Falling(this, lr, isRising);
    }

    private static final class Falling implements Watcher {
        private final ReduceOnPlateau of;
        private final boolean isRising;
        private double lr;
        private double best;
        private int bad;
        private int cooldown;

        Falling(ReduceOnPlateau of, double lr, boolean isRising) {
            this.of = of;
            this.lr = lr;
            this.isRising = isRising;
            best = PlateauRule.worst(isRising);
        }

        @Override
        public void see(double value) {
            if (of.rule.isBetter(value, best, isRising)) {
                best = value;
                bad = 0;
            } else {
                bad++;
            }
            if (cooldown > 0) {
                cooldown--;
                bad = 0;
            }
            if (bad <= of.rule.plateauPatience()) return;
            double lower = Math.max(lr * of.rule.plateauFactor(), of.minLr);
            if (lr - lower > LEAST_CHANGE) lr = lower;
            cooldown = of.rule.plateauCooldown();
            bad = 0;
        }

        @Override
        public double lr() {
            return lr;
        }
    }
}
