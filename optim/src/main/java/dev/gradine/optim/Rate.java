package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;

/// The learning rate of every step.
///
/// @param lr peak learning rate
/// @param schedule how it moves
/// @param warmup steps until the peak
public record Rate(
        @Option(says = "Peak learning rate.", label = "X") double lr,
        Schedule schedule,

        @Option(says = "Steps in which the learning rate rises.", label = "STEPS")
        @Usual(
                from = 0,
                to = 10000,
                why = "none, for a run of a hundred steps has few to spare; 3 to 10 % of a long one",
                source = "transformers: warmup_steps 0")
        int warmup) {

    /// @throws IllegalArgumentException names the number that is out of range
    public Rate {
        require("lr", lr, lr >= 0 && Double.isFinite(lr), "a finite number of at least 0");
        require("warmup", warmup, warmup >= 0, "at least 0");
    }

    /// The learning rate of step `t` of `total`, counted from 0.
    double at(int t, int total) {
        return lr == 0 ? 0 : lr * schedule.factor(t, new Schedule.Span(warmup, total, lr));
    }

    /// Fails where the schedule does not suit a run of so many steps.
    ///
    /// @throws IllegalArgumentException names the option
    public void requireUse(int total) {
        if (lr > 0) schedule.requireUse(new Schedule.Span(warmup, total, lr));
    }
}
