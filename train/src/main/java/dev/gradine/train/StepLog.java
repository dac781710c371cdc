package dev.gradine.train;

import dev.gradine.io.AtomicFiles;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// A file beside the metrics with a JSON object a line, its step first: what a run does not need to go on.
final class StepLog {

    private final Path file;

    /// @param from steps taken; later lines are dropped, for they will be written again
    StepLog(Path file, int from) {
        this.file = file;
        if (!Files.exists(file)) return;
        try {
            String kept = Files.readAllLines(file).stream()
                    .filter(line -> step(line) <= from)
                    .map(line -> line + "\n")
                    .collect(Collectors.joining());
            AtomicFiles.writeText(file, kept);
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be read", e);
        }
    }

    /// A line cut short by a crash counts as later.
    private int step(String line) {
        try {
            Map<String, Object> object = Json.parseObject(file.toString(), line.getBytes(StandardCharsets.UTF_8));
            return object.get("step") instanceof Number n ? n.intValue() : Integer.MAX_VALUE;
        } catch (CheckpointException _) {
            return Integer.MAX_VALUE;
        }
    }

    void write(int step, Map<String, ?> values) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", step);
        line.putAll(values);
        try {
            String text = Json.line(line) + "\n";
            Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be written to", e);
        }
    }
}
