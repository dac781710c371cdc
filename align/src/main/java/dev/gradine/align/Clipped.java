package dev.gradine.align;

import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import java.util.List;

/// How many ratios are clipped where that matters: below the least with a negative advantage, above the most with a
/// positive one. Logs TRL's metrics.
///
/// @param low least ratio
/// @param high largest ratio
record Clipped(float low, float high) {

    static List<Metric> metrics() {
        String panel = "Clipped";
        return List.of(
                Metric.neutral("clip_ratio/low_mean", Metric.SHARE, "Below").in(panel),
                Metric.neutral("clip_ratio/high_mean", Metric.SHARE, "Above").in(panel),
                Metric.neutral("clip_ratio/region_mean", Metric.SHARE, "Either").in(panel),
                Metric.neutral("clip_ratio/low_min", Metric.SHARE, "Below, least of an answer")
                        .in(panel),
                Metric.neutral("clip_ratio/high_max", Metric.SHARE, "Above, most of an answer")
                        .in(panel));
    }

    private boolean isLow(double ratio, double advantage) {
        return ratio < low && advantage < 0;
    }

    private boolean isHigh(double ratio, double advantage) {
        return ratio > high && advantage > 0;
    }

    /// @param ratios of each token
    /// @param whole whether the tokens of an answer share their ratio: an answer then counts once
    void measure(Attempted batch, float[] ratios, boolean whole, MeanMetrics m) {
        double least = 1;
        double most = 0;
        for (int s = 0; s < batch.size(); s++) {
            int n = batch.tokens(s);
            if (n == 0) continue; // left out
            double lows = 0;
            double highs = 0;
            for (int t = batch.offset(s); t < batch.offset(s) + n; t++) {
                if (isLow(ratios[t], batch.advantage(s))) lows++;
                if (isHigh(ratios[t], batch.advantage(s))) highs++;
            }
            double by = whole ? 1.0 / n : 1;
            m.add("clip_ratio/low_mean", lows * by, n * by);
            m.add("clip_ratio/high_mean", highs * by, n * by);
            m.add("clip_ratio/region_mean", (lows + highs) * by, n * by);
            least = Math.min(least, lows / n);
            most = Math.max(most, highs / n);
        }
        m.add("clip_ratio/low_min", least, 1);
        m.add("clip_ratio/high_max", most, 1);
    }

    /// Number of tokens whose ratio is too large with a positive advantage.
    int above(Attempted batch, float[] ratios) {
        int count = 0;
        for (int s = 0; s < batch.size(); s++) {
            for (int t = batch.offset(s); t < batch.offset(s) + batch.tokens(s); t++) {
                if (isHigh(ratios[t], batch.advantage(s))) count++;
            }
        }
        return count;
    }
}
