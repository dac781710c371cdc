package dev.gradine.lab.methods;

import dev.gradine.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;

/// Rows in a file, a line of JSON each: a long comparison goes on where it stopped, and a new method is measured alone.
///
/// @param file absent, or with rows of the same plan
/// @param plan how they are measured
public record MethodRows(Path file, MethodPlan plan) {

    private static final String PLAN = "plan";

    /// The rows there are, by method.
    ///
    /// @throws IllegalArgumentException if a line is no row, or of another plan
    public SequencedMap<String, MethodRow> read() {
        SequencedMap<String, MethodRow> all = new LinkedHashMap<>();
        if (!Files.exists(file)) return all;
        try {
            for (String line : Files.readAllLines(file)) {
                Map<String, Object> json = Json.parseObject(file.toString(), line.getBytes(StandardCharsets.UTF_8));
                MethodRow row = MethodRow.of(json);
                if (!plan.text().equals(json.get(PLAN))) {
                    throw new IllegalArgumentException("%s: %s was measured with %s, expected %s"
                            .formatted(file, row.name(), json.get(PLAN), plan.text()));
                }
                all.put(row.name(), row);
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Adds a row.
    public void add(MethodRow row) {
        Map<String, Object> json = new LinkedHashMap<>(row.json());
        json.put(PLAN, plan.text());
        try {
            Files.writeString(file, Json.line(json) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
