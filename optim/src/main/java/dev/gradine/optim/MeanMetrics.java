package dev.gradine.optim;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/// Metrics as sums and what they are divided by, so that micro-batches of different sizes average rightly.
public final class MeanMetrics {

    private record Entry(double sum, double weight) {}

    private final SequencedMap<String, Entry> entries = new LinkedHashMap<>();

    /// Adds to a metric, whose mean will be Σ sum / Σ weight.
    public void add(String name, double sum, double weight) {
        entries.merge(name, new Entry(sum, weight), (a, b) -> new Entry(a.sum + b.sum, a.weight + b.weight));
    }

    /// Adds all of `other`.
    public void add(MeanMetrics other) {
        other.entries.forEach((name, e) -> add(name, e.sum, e.weight));
    }

    /// Adds those of `other` that have one of these names, each under its name with an ending.
    public void add(MeanMetrics other, Collection<String> names, String ending) {
        other.entries.forEach((name, e) -> {
            if (names.contains(name)) add(name + ending, e.sum, e.weight);
        });
    }

    /// The means, in the order the metrics were first added; 0 where nothing was counted.
    public SequencedMap<String, Double> means() {
        SequencedMap<String, Double> means = new LinkedHashMap<>();
        for (Map.Entry<String, Entry> e : entries.entrySet()) {
            Entry v = e.getValue();
            means.put(e.getKey(), v.weight == 0 ? 0 : v.sum / v.weight);
        }
        return means;
    }
}
