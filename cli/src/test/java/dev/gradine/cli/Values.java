package dev.gradine.cli;

import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/// What stands in the files a command read or wrote.
final class Values {

    private Values() {}

    static float[] floats(Path file, String name) {
        try (Arena arena = Arena.ofConfined()) {
            return floats(Safetensors.open(file, arena).tensor(name));
        }
    }

    static float[] floats(Tensor t) {
        return t.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    /// All f32 tensors of a file.
    static Map<String, float[]> floats(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            Safetensors f = Safetensors.open(file, arena);
            Map<String, float[]> all = new LinkedHashMap<>();
            for (String name : f.names()) {
                Tensor t = f.tensor(name);
                if (t.dtype().toString().equals("F32")) all.put(name, floats(t));
            }
            return all;
        }
    }

    /// A tensor of 64-bit integers, flat.
    static int[] ints(Path file, String name) {
        try (Arena arena = Arena.ofConfined()) {
            Tensor t = Safetensors.open(file, arena).tensor(name);
            return LongStream.of(t.data().toArray(ValueLayout.JAVA_LONG_UNALIGNED))
                    .mapToInt(Math::toIntExact)
                    .toArray();
        }
    }

    static double[] doubles(float[] x) {
        double[] y = new double[x.length];
        for (int i = 0; i < x.length; i++) y[i] = x[i];
        return y;
    }

    /// The lines of `metrics.jsonl` in a run's folder.
    static List<Map<String, Object>> metrics(Path out) {
        return jsonLines(out.resolve("metrics.jsonl"));
    }

    static List<Map<String, Object>> jsonLines(Path file) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (String line : text(file).split("\n", -1)) {
            if (!line.isBlank()) all.add(Json.parseObject(file.toString(), line.getBytes(StandardCharsets.UTF_8)));
        }
        return all;
    }

    /// The metrics that do not depend on the machine's speed or size.
    static List<Map<String, Object>> timeless(Path out) {
        List<Map<String, Object>> all = metrics(out);
        for (Map<String, Object> line : all) {
            for (String name : List.of("step_seconds", "tokens_per_second", "peak_memory_mb")) line.remove(name);
        }
        return all;
    }

    static double number(Map<String, Object> line, String name) {
        if (line.get(name) instanceof Number n) return n.doubleValue();
        throw new AssertionError(name + " is not in " + line);
    }

    static String text(Path file) {
        return new String(bytes(file), StandardCharsets.UTF_8);
    }

    /// Line breaks in a file.
    static int completeLines(Path file) {
        int lines = 0;
        for (byte b : bytes(file)) if (b == '\n') lines++;
        return lines;
    }

    static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Names of everything in a folder, hidden files too; none if it is absent.
    static List<String> content(Path folder) {
        if (!Files.exists(folder)) return List.of();
        try (var files = Files.list(folder)) {
            return files.map(f -> f.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
