package dev.gradine.eval;

import dev.gradine.eval.metric.Point;
import java.util.List;

/// A number over items and how far off it may be by chance.
///
/// ```
/// r = Σ v / Σ w        standard error  √(n / (n − 1) · Σ (v − r w)²) / Σ w
/// ```
///
/// With weights of 1 that is a mean and its standard error; of losses of texts, with the tokens of each as weights, the
/// error of a ratio (Cochran 1977, Sampling Techniques, eq. 6.13).
///
/// @param value r
/// @param error NaN for one item
public record Estimate(double value, double error) {

    /// Of one point for each item.
    public static Estimate of(List<Point> points) {
        double sum = 0;
        double weight = 0;
        for (Point p : points) {
            sum += p.value();
            weight += p.weight();
        }
        double r = sum / weight;
        double squares = 0;
        for (Point p : points) squares += Math.pow(p.value() - r * p.weight(), 2);
        double n = points.size();
        return new Estimate(r, n < 2 ? Double.NaN : Math.sqrt(n / (n - 1) * squares) / weight);
    }
}
