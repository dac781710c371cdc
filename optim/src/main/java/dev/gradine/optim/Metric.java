package dev.gradine.optim;

import java.util.List;

/// What is to be known of a logged number in order to show it.
///
/// @param name in logs, such as `rewards/margins`
/// @param unit such as `nats per token`; empty for a share or a count
/// @param title for people, such as `Reward margin`
/// @param better which way is better
/// @param headline whether a summary of the run shows it before and after; the last one is shown beside the loss while
///     the run goes on
public record Metric(String name, String unit, String title, Better better, boolean headline) {

    /// Which way is better.
    public enum Better {
        LOWER,
        HIGHER,
        NEITHER
    }

    /// The loss, which every objective logs.
    ///
    /// @param unit such as `nats per token`
    public static Metric loss(String unit) {
        return new Metric("loss", unit, "Loss", Better.LOWER, true);
    }

    /// A number whose rise is progress.
    public static Metric rising(String name, String unit, String title) {
        return new Metric(name, unit, title, Better.HIGHER, false);
    }

    /// A number that is neither good nor bad.
    public static Metric neutral(String name, String unit, String title) {
        return new Metric(name, unit, title, Better.NEITHER, false);
    }

    /// The same metric as a headline.
    public Metric asHeadline() {
        return new Metric(name, unit, title, better, true);
    }

    /// Names of the headlines, in order.
    public static List<String> headlines(List<Metric> metrics) {
        return metrics.stream().filter(Metric::headline).map(Metric::name).toList();
    }
}
