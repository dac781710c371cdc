package dev.gradine.cli.evaluation;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// An evaluation, read from the files it wrote.
///
/// @param name of its folder
/// @param results the newest `results_….json` in it
/// @param items by key, task after task
public record EvalRun(String name, JsonNode results, SequencedMap<String, EvalItem> items) {

    private static final String RESULTS = "results_";
    private static final JsonMapper JSON = new JsonMapper();

    /// Whether a folder holds an evaluation.
    public static boolean isIn(Path folder) {
        return Files.isDirectory(folder) && !results(folder).isEmpty();
    }

    /// The newest evaluation of a folder.
    ///
    /// @throws IllegalArgumentException if there is none, or a file of it cannot be read
    public static EvalRun read(Path folder) {
        List<Path> all = results(folder);
        if (all.isEmpty()) throw new IllegalArgumentException(folder + ": has no results_….json of an evaluation");
        Path file = all.getLast();
        String time =
                String.valueOf(file.getFileName()).substring(RESULTS.length()).replace(".json", "");
        JsonNode results = json(file, text(file));
        SequencedMap<String, EvalItem> items = new LinkedHashMap<>();
        for (String task : new TreeMap<>(byName(results.path("results"))).keySet()) {
            Path samples = folder.resolve("samples_" + task + "_" + time + ".jsonl");
            if (!Files.exists(samples)) continue;
            for (String line : text(samples).lines().toList()) {
                EvalItem item = EvalItem.of(task, json(samples, line));
                items.put(item.key(), item);
            }
        }
        return new EvalRun(String.valueOf(folder.toAbsolutePath().normalize().getFileName()), results, items);
    }

    private static TreeMap<String, JsonNode> byName(JsonNode object) {
        TreeMap<String, JsonNode> all = new TreeMap<>();
        object.forEachEntry(all::put);
        return all;
    }

    private static List<Path> results(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> String.valueOf(f.getFileName()).matches(RESULTS + ".*\\.json"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be read", e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
    }

    private static JsonNode json(Path file, String text) {
        try {
            return JSON.readTree(text);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(file + ": is no JSON", e);
        }
    }

    /// The numbers: task, metric with its filter, value, standard error; one list each.
    public List<Figure> numbers() {
        List<Figure> all = new ArrayList<>();
        byName(results.path("results"))
                .forEach((task, scores) -> byName(scores).forEach((metric, value) -> {
                    if (!value.isNumber() || metric.contains("_stderr,")) return;
                    double error =
                            scores.path(metric.replaceFirst(",", "_stderr,")).asDouble(Double.NaN);
                    all.add(new Figure(task, metric, value.asDouble(), error));
                }));
        return all;
    }

    /// A metric of a task.
    ///
    /// @param error standard error; NaN where there is none
    public record Figure(String task, String metric, double value, double error) {}
}
