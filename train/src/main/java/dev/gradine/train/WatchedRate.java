package dev.gradine.train;

import dev.gradine.optim.Metric;
import dev.gradine.optim.TrainSettings;
import dev.gradine.optim.Watching;
import java.util.List;
import java.util.Map;

/// The learning rate of a run whose schedule follows evaluations: that metric of them by which the best is chosen, or
/// the loss.
///
/// All it knows follows from the evaluations it has seen, so that a run which resumes shows it those of its log. The
/// one before the first step is not counted, as in transformers.
final class WatchedRate {

    private final ChosenMetric metric;
    private final Watching.Watcher watcher;

    /// @param logged what evaluations log
    WatchedRate(Watching schedule, TrainSettings train, Unattended unattended, List<Metric> logged) {
        metric = ChosenMetric.of(unattended, logged);
        watcher = schedule.watch(train.lr(), metric.isRising());
    }

    /// Fails unless a run evaluates on its way.
    ///
    /// @throws IllegalArgumentException says what is missing
    static void require(TrainSettings train, boolean evaluates) {
        if (!(train.schedule() instanceof Watching w) || (evaluates && train.evalEvery() > 0)) return;
        throw new IllegalArgumentException(
                "--schedule %s: follows evaluations, expected --eval-split and --eval-every".formatted(w.name()));
    }

    void see(int step, Map<String, Double> values) {
        if (step > 0) watcher.see(metric.of(values));
    }

    double lr() {
        return watcher.lr();
    }
}
