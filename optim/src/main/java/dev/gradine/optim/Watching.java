package dev.gradine.optim;

/// A schedule that moves with what evaluations say, and not with the number of steps.
public sealed interface Watching extends Schedule permits ReduceOnPlateau, Greedy {

    /// Sees the evaluations of one run, one after the other: all it knows follows from them.
    interface Watcher {

        /// Takes in the value of an evaluation.
        void see(double value);

        /// The learning rate after those so far.
        double lr();
    }

    /// Of a run that begins.
    ///
    /// @param lr learning rate at first
    /// @param isRising whether a higher value is better
    Watcher watch(double lr, boolean isRising);

    @Override
    default double factor(int t, Span span) {
        return 1;
    }

    @Override
    default boolean needsTotal() {
        return false;
    }

    @Override
    default void requireUse(Span span) {
        if (span.warmup() == 0) return;
        throw new IllegalArgumentException("--warmup: %s has none, expected 0".formatted(name()));
    }

    /// Changes of the learning rate up to this size are not made, as in torch and transformers.
    double LEAST_CHANGE = 1e-8;
}
