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

    private static final String PREFIX = "eval_";
    private static final String USUAL = "eval_loss";

    private final Unattended settings;
    private final String metric;
    private final boolean isRising;
    private final SequencedMap<String, Double> metrics = new LinkedHashMap<>();
    private int step = -1;
    private int since;

    /// @param logged what evaluations log, of which one is chosen
    /// @throws IllegalArgumentException if the metric is none of those with a better way
    Best(Unattended settings, List<Metric> logged) {
        this.settings = settings;
        metric = settings.best() == null ? USUAL : settings.best();
        List<Metric> judging = logged.stream().filter(Metric::hasDirection).toList();
        Metric chosen = judging.stream()
                .filter(m -> metric.equals(PREFIX + m.name()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("--best: \"%s\", expected one of %s"
                        .formatted(
                                metric,
                                String.join(
                                        ", ",
                                        judging.stream()
                                                .map(m -> PREFIX + m.name())
                                                .toList()))));
        isRising = chosen.better() == Metric.Better.HIGHER;
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
        double value = value(values);
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

    private double value(Map<String, Double> values) {
        Double value = values.get(metric);
        if (value == null) throw new IllegalArgumentException("--best: no evaluation has " + metric);
        return value;
    }

    private boolean isBetter(double value) {
        double gain = isRising ? value - value(metrics) : value(metrics) - value;
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
        return "%s %.4f of step %d".formatted(metric, value(metrics), step);
    }
}
