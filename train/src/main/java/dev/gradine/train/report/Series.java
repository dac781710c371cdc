package dev.gradine.train.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;

/// The metrics by name: for each, its values by step, in order of first appearance. A step's training and evaluation
/// lines share one place on the x axis.
final class Series {

    private static final JsonMapper JSON = new JsonMapper();

    private final SortedMap<Long, Map<String, Double>> rows = new TreeMap<>();
    private final Map<String, List<Double>> columns = new LinkedHashMap<>();

    /// @param lines as [dev.gradine.train.MetricsLog#read] gives them; what is no number is left out
    Series(List<Map<String, Object>> lines) {
        for (Map<String, Object> line : lines) {
            if (!(line.get("step") instanceof Number step))
                throw new IllegalArgumentException("series: no step in " + line);
            Map<String, Double> row = rows.computeIfAbsent(step.longValue(), s -> new LinkedHashMap<>());
            line.forEach((name, value) -> {
                if (name.equals("step") || !(value instanceof Number n)) return;
                row.put(name, n.doubleValue());
                columns.computeIfAbsent(name, c -> new ArrayList<>()).add(n.doubleValue());
            });
        }
    }

    boolean has(String name) {
        return columns.containsKey(name);
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    /// The last step that was logged; 0 where there is none.
    long lastStep() {
        return rows.isEmpty() ? 0 : rows.lastKey();
    }

    double first(String name) {
        return values(name).getFirst();
    }

    double last(String name) {
        return values(name).getLast();
    }

    double max(String name) {
        return Collections.max(values(name));
    }

    double median(String name) {
        List<Double> sorted = values(name).stream().sorted().toList();
        int n = sorted.size();
        return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
    }

    /// How many values the mean at either end is taken over: a twentieth of them, at least 1 and at most 20.
    int window(String name) {
        return Math.clamp(values(name).size() / 20, 1, 20);
    }

    double startMean(String name) {
        return mean(values(name).subList(0, window(name)));
    }

    double endMean(String name) {
        List<Double> v = values(name);
        return mean(v.subList(v.size() - window(name), v.size()));
    }

    /// `{"steps":[…],"columns":{"loss":[…]}}`, `null` where a step lacks the metric.
    String json() {
        Map<String, List<Object>> filled = new LinkedHashMap<>();
        for (String name : columns.keySet()) {
            List<Object> column = new ArrayList<>(); // of numbers and nulls, which JSON tells apart
            rows.values().forEach(row -> column.add(JSON.getNodeFactory().pojoNode(row.get(name))));
            filled.put(name, column);
        }
        return JSON.writeValueAsString(Map.of("steps", rows.keySet(), "columns", filled));
    }

    private List<Double> values(String name) {
        List<Double> v = columns.get(name);
        if (v == null)
            throw new IllegalArgumentException("series: no metric " + name + ", expected one of " + columns.keySet());
        return v;
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(v -> v).average().orElseThrow();
    }
}
