package dev.gradine.optim;

import java.util.List;

/// What is to be known of a logged number in order to show it.
///
/// @param name in logs, such as `rewards/margins`
/// @param unit such as `nats per token`, or `SHARE`; empty for a plain number
/// @param title for people, such as `Reward margin`
/// @param better which way is better
/// @param panel title of the chart it is drawn in, together with others of that panel
/// @param headline whether a summary of the run shows it before and after; the last one is shown beside the loss while
///     the run goes on
public record Metric(String name, String unit, String title, Better better, String panel, boolean headline) {

    /// Unit of a number between 0 and 1 that is shown in percent.
    public static final String SHARE = "share";

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
        return new Metric("loss", unit, "Loss", Better.LOWER, "Loss", true);
    }

    /// A number whose rise is progress.
    public static Metric rising(String name, String unit, String title) {
        return new Metric(name, unit, title, Better.HIGHER, title, false);
    }

    /// A number that is neither good nor bad.
    public static Metric neutral(String name, String unit, String title) {
        return new Metric(name, unit, title, Better.NEITHER, title, false);
    }

    /// The same metric as a headline.
    public Metric asHeadline() {
        return new Metric(name, unit, title, better, panel, true);
    }

    /// The same metric, drawn in the chart of that title.
    public Metric in(String chart) {
        return new Metric(name, unit, title, better, chart, headline);
    }

    /// The same metric of a part of the examples: `loss/NAME`.
    public Metric of(String part) {
        return new Metric(name + "/" + part, unit, title + ", " + part, better, panel, headline);
    }

    /// Whether it says how good a model is.
    public boolean hasDirection() {
        return better != Better.NEITHER;
    }

    /// Names of the headlines, in order.
    public static List<String> headlines(List<Metric> metrics) {
        return metrics.stream().filter(Metric::headline).map(Metric::name).toList();
    }
}
