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
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// `samples.jsonl`: what the model answers to the prompts on the way, one answer a line.
///
/// ```
/// {"step":40,"prompt":"…","answer":"…"}
/// ```
final class SampleLog {

    /// Name of the file in a run's folder.
    static final String FILE = "samples.jsonl";

    private final Path file;

    /// @param from steps taken; what was answered later is dropped, for it will be answered again
    SampleLog(Path out, int from) {
        file = out.resolve(FILE);
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
    private static int step(String line) {
        try {
            return Json.parseObject(FILE, line.getBytes(StandardCharsets.UTF_8)).get("step") instanceof Number n
                    ? n.intValue()
                    : Integer.MAX_VALUE;
        } catch (CheckpointException _) {
            return Integer.MAX_VALUE;
        }
    }

    void write(int step, List<Samples.Answer> answers) {
        StringBuilder lines = new StringBuilder();
        for (Samples.Answer a : answers) {
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("step", step);
            line.put("prompt", a.prompt());
            line.put("answer", a.text());
            lines.append(Json.line(line)).append('\n');
        }
        try {
            Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be written to", e);
        }
    }
}
