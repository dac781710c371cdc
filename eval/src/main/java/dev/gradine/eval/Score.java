package dev.gradine.eval;

import dev.gradine.eval.metric.Aggregate;
import dev.gradine.eval.metric.MetricInfo;
import dev.gradine.eval.metric.Point;
import java.util.List;

/// A metric over all items of a task.
///
/// @param metric which
/// @param filter how answers were looked at; `none` without a filter
/// @param value the number
/// @param error its standard error; NaN where there is none
public record Score(MetricInfo metric, String filter, double value, double error) {

    static Score of(MetricInfo metric, String filter, List<Point> points) {
        Aggregate a = metric.aggregate();
        return new Score(metric, filter, a.of(points), a.error(points));
    }

    /// Whether it has a standard error.
    public boolean hasError() {
        return !Double.isNaN(error);
    }
}
