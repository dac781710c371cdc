package dev.gradine.optim;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/// Metrics as sums and what they are divided by, so that micro-batches of different sizes average rightly.
public final class MeanMetrics {

    private static final String WHOLE = "";

    private record Entry(double sum, double weight) {
        Entry plus(Entry other) {
            return new Entry(sum + other.sum, weight + other.weight);
        }
    }

    private final SequencedMap<String, Map<String, Entry>> entries = new LinkedHashMap<>(); // of parts

    /// Adds to a metric, whose mean will be Σ sum / Σ weight.
    public void add(String name, double sum, double weight) {
        add(name, WHOLE, sum, weight);
    }

    /// Adds to a part of a metric, whose mean will be that of the parts' Σ sum / Σ weight, each counted
    /// alike.
    public void add(String name, String part, double sum, double weight) {
        entries.computeIfAbsent(name, _ -> new LinkedHashMap<>()).merge(part, new Entry(sum, weight), Entry::plus);
    }

    /// Adds all of `other`.
    public void add(MeanMetrics other) {
        add(other, other.entries.keySet(), "");
    }

    /// Adds those of `other` that have one of these names, each under its name with an ending.
    public void add(MeanMetrics other, Collection<String> names, String ending) {
        other.entries.forEach((name, parts) -> {
            if (!names.contains(name)) return;
            parts.forEach((part, e) -> add(name + ending, part, e.sum, e.weight));
        });
    }

    /// The means, in the order the metrics were first added; 0 where nothing was counted.
    public SequencedMap<String, Double> means() {
        SequencedMap<String, Double> means = new LinkedHashMap<>();
        entries.forEach((name, parts) -> means.put(
                name,
                parts.values().stream()
                        .filter(e -> e.weight != 0)
                        .mapToDouble(e -> e.sum / e.weight)
                        .average()
                        .orElse(0)));
        return means;
    }
}
