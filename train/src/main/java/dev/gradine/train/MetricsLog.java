package dev.gradine.train;

import dev.gradine.io.AtomicFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// `metrics.jsonl`: one JSON object a line, `step` first, then the metrics in the order they were given.
///
/// ```
/// {"step":20,"loss":2.31,"grad_norm":0.84,"learning_rate":1.9E-4,"num_tokens":40960,"epoch":0.2}
/// {"step":20,"eval_loss":2.28}
/// ```
///
/// Each line reaches the operating system before `write` returns. A line cut short by a crash can only be the last
/// one, and it never reads as a whole object, since an object ends with its own brace. A resumed run's file equals
/// that of an uninterrupted one but for the timings, provided a step's lines are written before its checkpoint.
public final class MetricsLog implements AutoCloseable {

    /// Name of the file in a run's folder.
    public static final String FILE = "metrics.jsonl";

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_LONG_FOR_INTS, DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final TypeReference<LinkedHashMap<String, Object>> LINE = new TypeReference<>() {};

    private final Path file;
    private final OutputStream out;

    private MetricsLog(Path file) {
        this.file = file;
        try {
            out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be opened for writing (" + e + ")", e);
        }
    }

    /// The lines of the log in a run's folder; none if the run ended before its first step.
    ///
    /// @throws RunFileException if it is damaged
    public static List<Map<String, Object>> ofRun(Path folder) {
        Path file = folder.resolve(FILE);
        return Files.exists(file) ? read(file) : List.of();
    }

    /// The evaluations in the log of a run's folder, by their step.
    static SequencedMap<Integer, Map<String, Double>> evaluations(Path folder) {
        SequencedMap<Integer, Map<String, Double>> all = new LinkedHashMap<>();
        for (Map<String, Object> row : ofRun(folder)) {
            Map<String, Double> values = new LinkedHashMap<>();
            row.forEach((name, value) -> {
                if (name.startsWith("eval_") && value instanceof Number n) values.put(name, n.doubleValue());
            });
            if (!values.isEmpty() && row.get("step") instanceof Long step) all.put(Math.toIntExact(step), values);
        }
        return all;
    }

    /// Starts the log of a new run.
    ///
    /// @throws RunFileException if `file` already holds a run
    public static MetricsLog create(Path file) {
        if (Files.exists(file)) {
            throw new RunFileException(
                    file + ": exists, expected no metrics of an earlier run (resume it, or give another"
                            + " output folder)");
        }
        return new MetricsLog(file);
    }

    /// Goes on with the log of a run whose checkpoint was taken at `step`: later lines and a torn last line are
    /// dropped, atomically, and what is kept stays byte for byte.
    ///
    /// @throws RunFileException if `file` is missing, or damaged elsewhere than in its last line
    public static MetricsLog resume(Path file, long step) {
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        for (Line line : lines(file)) {
            if (line.step() > step) continue;
            kept.writeBytes(line.text());
            kept.write('\n');
        }
        AtomicFiles.write(file, out -> AtomicFiles.writeFully(out, ByteBuffer.wrap(kept.toByteArray())));
        return new MetricsLog(file);
    }

    /// All lines of `file`, each a map whose first key is `step`; whole numbers are `Long`, others `Double`. A torn
    /// last line is left out.
    ///
    /// @throws RunFileException if `file` is missing, or damaged elsewhere than in its last line
    public static List<Map<String, Object>> read(Path file) {
        return lines(file).stream().map(Line::values).toList();
    }

    /// Appends one line.
    ///
    /// @param step number of optimiser steps done, at least 0
    /// @param metrics at least one; names as TRL gives them, those of an evaluation begin with `eval_`
    /// @throws RunFileException if a value is NaN or infinite: JSON has no such number
    public void write(long step, Map<String, ? extends Number> metrics) {
        if (step < 0) throw new RunFileException("metrics: step is " + step + ", expected >= 0");
        if (metrics.isEmpty()) throw new RunFileException("metrics: step " + step + " has none, expected at least one");
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("step", step);
        metrics.forEach((name, value) -> line.put(requireName(name), requireFinite(step, name, value)));
        try {
            out.write((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": step " + step + " cannot be written (" + e + ")", e);
        }
    }

    @Override
    public void close() {
        try {
            out.close();
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be closed (" + e + ")", e);
        }
    }

    private static String requireName(String name) {
        if (name.equals("step"))
            throw new RunFileException("metrics: name is step, expected any other (step comes first)");
        return name;
    }

    private static Number requireFinite(long step, String name, Number value) {
        if (Double.isFinite(value.doubleValue())) return value;
        throw new RunFileException("metrics: " + name + " at step " + step + " is " + value
                + ", expected a finite number (JSON has no other)");
    }

    /// One whole line, as it stands without its line break, and as read.
    private static final class Line {
        private final byte[] text;
        private final long step;
        private final Map<String, Object> values;

        Line(byte[] text) {
            this.text = text;
            values = JSON.readValue(text, LINE);
            if (values == null) throw new RunFileException("no object, expected one a line"); // the JSON word null
            Object first = values.get("step");
            if (!(first instanceof Long n))
                throw new RunFileException("step is " + first + ", expected a whole number");
            step = n;
        }

        byte[] text() {
            return text;
        }

        long step() {
            return step;
        }

        Map<String, Object> values() {
            return values;
        }
    }

    private static List<Line> lines(Path file) {
        byte[] all = bytes(file);
        List<Line> lines = new ArrayList<>();
        int from = 0;
        while (from < all.length) {
            int end = from;
            while (end < all.length && all[end] != '\n') end++;
            try {
                lines.add(new Line(Arrays.copyOfRange(all, from, end)));
            } catch (JacksonException | RunFileException e) {
                if (end == all.length) break; // torn: no line break, and not a whole object
                String cause = e instanceof JacksonException j ? j.getOriginalMessage() : e.getMessage();
                throw new RunFileException(file + ": line " + (lines.size() + 1) + ": " + cause);
            }
            from = end + 1;
        }
        return lines;
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new RunFileException(file + ": is absent, expected the metrics of a run");
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read (" + e + ")", e);
        }
    }
}
