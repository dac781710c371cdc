package dev.gradine.train;

import dev.gradine.optim.Metric;
import java.util.List;
import java.util.Map;

/// The metric of evaluations that says how good a run is.
///
/// @param name such as `eval_loss`
/// @param isRising whether a higher value is better
record ChosenMetric(String name, boolean isRising) {

    private static final String PREFIX = "eval_";
    private static final String USUAL = "eval_loss";

    /// That of `--best`, or the loss.
    ///
    /// @param logged what evaluations log, of which one is chosen
    /// @throws IllegalArgumentException if the metric is none of those with a better way
    static ChosenMetric of(Unattended settings, List<Metric> logged) {
        String name = settings.best() == null ? USUAL : settings.best();
        List<Metric> judging = logged.stream().filter(Metric::hasDirection).toList();
        return judging.stream()
                .filter(m -> name.equals(PREFIX + m.name()))
                .findFirst()
                .map(m -> new ChosenMetric(name, m.better() == Metric.Better.HIGHER))
                .orElseThrow(() -> new IllegalArgumentException("--best: \"%s\", expected one of %s"
                        .formatted(
                                name,
                                String.join(
                                        ", ",
                                        judging.stream()
                                                .map(m -> PREFIX + m.name())
                                                .toList()))));
    }

    /// Its value in an evaluation.
    double of(Map<String, Double> values) {
        Double value = values.get(name);
        if (value == null) throw new IllegalArgumentException("--best: no evaluation has " + name);
        return value;
    }
}
