package dev.gradine.eval.metric;

/// What one item gives to a metric.
///
/// @param value a score, or a log-probability
/// @param weight what it is shared over: words or bytes of a text; 1 elsewhere
public record Point(double value, double weight) {

    /// A score.
    public static Point of(double value) {
        return new Point(value, 1);
    }
}
