package dev.gradine.lab;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// Numbers by row and column, in the order they were put.
public final class Table {

    private final String title;
    private final SequencedMap<String, SequencedMap<String, Double>> rows = new LinkedHashMap<>();
    private final SequencedMap<String, String> columns = new LinkedHashMap<>();

    /// @param title what the rows are, such as `rank`
    public Table(String title) {
        this.title = title;
    }

    /// Adds a number, or puts it in the place of another.
    ///
    /// @return this table
    public Table put(String row, String column, double value) {
        rows.computeIfAbsent(row, _ -> new LinkedHashMap<>()).put(column, value);
        columns.put(column, column);
        return this;
    }

    /// What the rows are.
    public String title() {
        return title;
    }

    /// Names of the rows.
    public List<String> rows() {
        return List.copyOf(rows.keySet());
    }

    /// Names of the columns.
    public List<String> columns() {
        return List.copyOf(columns.keySet());
    }

    /// Whether there is a number.
    public boolean has(String row, String column) {
        return rows.getOrDefault(row, new LinkedHashMap<>()).containsKey(column);
    }

    /// A number.
    ///
    /// @throws IllegalArgumentException if there is none
    public double at(String row, String column) {
        Map<String, Double> values = rows.getOrDefault(row, new LinkedHashMap<>());
        Double value = values.get(column);
        if (value != null) return value;
        throw new IllegalArgumentException(
                "table: %s has no %s, expected one of %s and one of %s".formatted(row, column, rows(), columns()));
    }
}
