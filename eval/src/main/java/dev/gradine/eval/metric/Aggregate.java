package dev.gradine.eval.metric;

import dev.gradine.eval.python.PythonRandom;
import java.util.List;

/// How the points of all items become one number, and how far off it may be by chance.
///
/// ```
/// mean                 Σv / n                          standard error  √(Σ(v − mean)² / (n − 1)) / √n
/// plain mean           Σv / n                          none
/// perplexity           exp(−Σv / n)                    standard deviation over 100,000 resamples
/// weighted perplexity  exp(−Σv / Σw)                   none
/// bits per byte        −Σv / Σw / ln 2                 none
/// ```
///
/// Resamples are drawn by chunks of 1,000 with Python's generator, seeded 0, 1, 2, …:
/// lm-evaluation-harness, `bootstrap_stderr`.
public enum Aggregate {
    /// Over items.
    MEAN,
    /// Over items, as lm-evaluation-harness averages what it knows no standard error of.
    PLAIN_MEAN,
    /// Of what items say, each weighing the same.
    PERPLEXITY,
    /// Over all words or bytes together.
    WEIGHTED_PERPLEXITY,
    /// Over all bytes together.
    BITS_PER_BYTE;

    private static final int RESAMPLES = 100_000;
    private static final int CHUNK = 1_000;

    /// The number.
    public double of(List<Point> points) {
        double sum = 0;
        double weight = 0;
        for (Point p : points) {
            sum += p.value();
            weight += p.weight();
        }
        return switch (this) {
            case MEAN, PLAIN_MEAN -> sum / points.size();
            case PERPLEXITY -> Math.exp(-sum / points.size());
            case WEIGHTED_PERPLEXITY -> Math.exp(-sum / weight);
            case BITS_PER_BYTE -> -sum / weight / Math.log(2);
        };
    }

    /// Its standard error; NaN where there is none: for one item, and for sums over words or bytes.
    public double error(List<Point> points) {
        if (points.size() < 2) return Double.NaN;
        return switch (this) {
            case MEAN -> deviation(points.stream().mapToDouble(Point::value).toArray()) / Math.sqrt(points.size());
            case PERPLEXITY -> deviation(perplexities(points));
            case PLAIN_MEAN, WEIGHTED_PERPLEXITY, BITS_PER_BYTE -> Double.NaN;
        };
    }

    private static double[] perplexities(List<Point> points) {
        int n = points.size();
        double[] all = new double[RESAMPLES];
        for (int chunk = 0; chunk * CHUNK < RESAMPLES; chunk++) {
            PythonRandom random = new PythonRandom(chunk);
            for (int i = 0; i < CHUNK; i++) {
                double sum = 0;
                for (int j = 0; j < n; j++)
                    sum += points.get((int) (random.uniform() * n)).value();
                all[chunk * CHUNK + i] = Math.exp(-sum / n);
            }
        }
        return all;
    }

    private static double deviation(double[] x) {
        double mean = 0;
        for (double v : x) mean += v / x.length;
        double squares = 0;
        for (double v : x) squares += (v - mean) * (v - mean);
        return Math.sqrt(squares / (x.length - 1));
    }
}
