package dev.gradine.train.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;

/// The metrics by name: for each, its values by step, in order of first appearance. A step's training and
/// evaluation lines share one place on the x axis.
public final class Series {

    private static final JsonMapper JSON = new JsonMapper();

    private final SequencedMap<String, Column> columns = new LinkedHashMap<>();
    private long lastStep;

    /// Without any line yet.
    public Series() {}

    /// @param lines as [dev.gradine.train.MetricsLog#read] gives them; what is no number is left out
    Series(List<Map<String, Object>> lines) {
        lines.forEach(this::add);
    }

    /// Takes one line more; what is no number is left out.
    ///
    /// @throws IllegalArgumentException if it has no step
    public void add(Map<String, Object> line) {
        if (!(line.get("step") instanceof Number step))
            throw new IllegalArgumentException("series: no step in " + line);
        line.forEach((name, value) -> {
            if (name.equals("step") || !(value instanceof Number n)) return;
            columns.computeIfAbsent(name, _ -> new Column()).add(step.longValue(), n.doubleValue());
        });
        lastStep = Math.max(lastStep, step.longValue());
    }

    /// The metrics by name.
    public SequencedMap<String, Column> columns() {
        return Collections.unmodifiableSequencedMap(columns);
    }

    boolean has(String name) {
        return columns.containsKey(name);
    }

    /// Whether nothing was logged.
    public boolean isEmpty() {
        return columns.isEmpty();
    }

    /// The last step that was logged; 0 where there is none.
    public long lastStep() {
        return lastStep;
    }

    double first(String name) {
        return column(name).value(0);
    }

    double last(String name) {
        Column c = column(name);
        return c.value(c.size() - 1);
    }

    double max(String name) {
        return column(name).values().max().orElseThrow();
    }

    double median(String name) {
        double[] sorted = column(name).values().sorted().toArray();
        int n = sorted.length;
        return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    }

    /// How many values the mean at either end is taken over: a twentieth of them, at least 1 and at most
    /// 20.
    int window(String name) {
        return Math.clamp(column(name).size() / 20, 1, 20);
    }

    double startMean(String name) {
        return mean(name, 0);
    }

    double endMean(String name) {
        return mean(name, column(name).size() - window(name));
    }

    /// The training loss at the beginning and at the end, each a mean of some steps; none before the first
    /// step.
    public List<Double> losses() {
        return has("loss") ? List.of(startMean("loss"), endMean("loss")) : List.of();
    }

    /// `{"steps":[…],"columns":{"loss":[…]}}`, `null` where a step lacks the metric.
    String json() {
        SortedMap<Long, Map<String, Double>> rows = new TreeMap<>();
        columns.forEach((name, c) -> {
            for (int i = 0; i < c.size(); i++) {
                rows.computeIfAbsent(c.step(i), _ -> new LinkedHashMap<>()).put(name, c.value(i));
            }
        });
        Map<String, List<Object>> filled = new LinkedHashMap<>();
        for (String name : columns.keySet()) {
            List<Object> column = new ArrayList<>(); // of numbers and nulls, which JSON tells apart
            rows.values().forEach(row -> column.add(JSON.getNodeFactory().pojoNode(row.get(name))));
            filled.put(name, column);
        }
        return JSON.writeValueAsString(Map.of("steps", rows.keySet(), "columns", filled));
    }

    private Column column(String name) {
        Column c = columns.get(name);
        if (c == null)
            throw new IllegalArgumentException("series: no metric " + name + ", expected one of " + columns.keySet());
        return c;
    }

    /// Over a window from value `from` on.
    private double mean(String name, int from) {
        return column(name).values().skip(from).limit(window(name)).average().orElseThrow();
    }
}
