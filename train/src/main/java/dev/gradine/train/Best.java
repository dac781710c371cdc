package dev.gradine.train;

import dev.gradine.optim.Metric;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// The best evaluation of a run so far. All it knows follows from the evaluations it has seen, so that a run which
/// resumes shows it those of its log.
///
/// ```
/// better:  smaller by more than minDelta, or larger where the metric is better so
/// ```
final class Best {

    private final Unattended settings;
    private final ChosenMetric metric;
    private final SequencedMap<String, Double> metrics = new LinkedHashMap<>();
    private int step = -1;
    private int since;

    /// @param logged what evaluations log, of which one is chosen
    /// @throws IllegalArgumentException if the metric is none of those with a better way
    Best(Unattended settings, List<Metric> logged) {
        this.settings = settings;
        metric = ChosenMetric.of(settings, logged);
    }

    /// Fails unless a run evaluates as often as its settings need it to.
    ///
    /// @param evaluates whether rows were held out
    /// @param evalEvery steps from one evaluation to the next
    /// @throws IllegalArgumentException says what is missing
    static void require(Unattended settings, boolean evaluates, int evalEvery) {
        if (!settings.choosesBest()) return;
        String option = settings.patience() == null ? "--best" : "--patience";
        if (!evaluates) throw new IllegalArgumentException(option + ": no rows are held out, expected --eval-split");
        if (evalEvery == 0) {
            throw new IllegalArgumentException(option + ": no evaluation in between, expected --eval-every");
        }
    }

    /// Takes in an evaluation.
    ///
    /// @return whether it is the best
    boolean see(int at, Map<String, Double> values) {
        double value = metric.of(values);
        if (step >= 0 && !isBetter(value)) {
            since++;
            return false;
        }
        step = at;
        since = 0;
        metrics.clear();
        metrics.putAll(values);
        return true;
    }

    private boolean isBetter(double value) {
        double gain = metric.isRising() ? value - metric.of(metrics) : metric.of(metrics) - value;
        return gain > (settings.minDelta() == null ? 0 : settings.minDelta());
    }

    /// Whether the last evaluations have brought nothing.
    boolean isExhausted() {
        return settings.patience() != null && since >= settings.patience();
    }

    /// Steps that had been taken.
    int step() {
        return step;
    }

    /// All of that evaluation.
    SequencedMap<String, Double> metrics() {
        return metrics;
    }

    @Override
    public String toString() {
        return "%s %.4f of step %d".formatted(metric.name(), metric.of(metrics), step);
    }
}
