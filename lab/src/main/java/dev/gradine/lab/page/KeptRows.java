package dev.gradine.lab.page;

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
import java.util.function.Function;

/// Rows in a file, a line of JSON each: a long comparison goes on where it stopped, and what is new is measured alone.
///
/// @param file absent, or with rows of the same plan
/// @param plan how they are measured, in words
/// @param reader a row of its JSON
/// @param <R> a row
public record KeptRows<R extends PageRow>(Path file, String plan, Function<Map<String, Object>, R> reader) {

    private static final String PLAN = "plan";

    /// The rows there are, by name.
    ///
    /// @throws IllegalArgumentException if a line is no row, or of another plan
    public SequencedMap<String, R> read() {
        SequencedMap<String, R> all = new LinkedHashMap<>();
        if (!Files.exists(file)) return all;
        try {
            for (String line : Files.readAllLines(file)) {
                Map<String, Object> json = Json.parseObject(file.toString(), line.getBytes(StandardCharsets.UTF_8));
                R row = reader.apply(json);
                if (!plan.equals(json.get(PLAN))) {
                    throw new IllegalArgumentException("%s: %s was measured with %s, expected %s"
                            .formatted(file, row.name(), json.get(PLAN), plan));
                }
                all.put(row.name(), row);
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Adds a row.
    public void add(R row) {
        Map<String, Object> json = new LinkedHashMap<>(row.json());
        json.put(PLAN, plan);
        try {
            Files.writeString(file, Json.line(json) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
