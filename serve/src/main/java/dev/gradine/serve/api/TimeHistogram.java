package dev.gradine.serve.api;

import java.util.Locale;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/// How often a time was within each of some bounds.
final class TimeHistogram {

    private final String name;
    private final String help;
    private final double[] bounds; // seconds, ascending
    private final LongAdder[] counts;
    private final DoubleAdder sum = new DoubleAdder();

    TimeHistogram(String name, String help, double... bounds) {
        this.name = name;
        this.help = help;
        this.bounds = bounds.clone();
        counts = new LongAdder[bounds.length + 1];
        for (int i = 0; i < counts.length; i++) counts[i] = new LongAdder();
    }

    void add(double seconds) {
        int i = 0;
        while (i < bounds.length && seconds > bounds[i]) i++;
        counts[i].increment();
        sum.add(seconds);
    }

    /// Each bucket counts all times up to its bound, as Prometheus has it.
    void append(StringBuilder out) {
        Metrics.head(out, name, help, "histogram");
        long upTo = 0;
        for (int i = 0; i < counts.length; i++) {
            upTo += counts[i].sum();
            String bound = i < bounds.length ? String.format(Locale.ROOT, "%s", bounds[i]) : "+Inf";
            Metrics.line(out, name + "_bucket{le=\"" + bound + "\"}", upTo);
        }
        Metrics.line(out, name + "_sum", sum.sum());
        Metrics.line(out, name + "_count", upTo);
    }
}
