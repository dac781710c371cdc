package dev.gradine.cli.gpu;

import dev.gradine.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// The same training steps on two devices: loss and gradient norm of every step must agree.
///
/// @param step number of the step
/// @param metric `loss` or `grad_norm`
/// @param got on the device that is checked
/// @param expected on the CPU
public record StepCheck(int step, String metric, double got, double expected) {

    /// Two correct f32 gradients agree to 1e-4 of their norm, and the loss after a step of AdamW moves with them.
    private static final double TOLERANCE = 2e-4;

    private static final List<String> METRICS = List.of("loss", "grad_norm");

    /// Whether the two agree.
    public boolean agrees() {
        return Math.abs(got - expected) <= TOLERANCE * Math.max(1, Math.abs(expected));
    }

    @Override
    public String toString() {
        return "step %d %-9s %.6f, cpu %.6f%s".formatted(step, metric, got, expected, agrees() ? "" : "  DISAGREE");
    }

    /// Compares the metrics that two runs left in their folders.
    ///
    /// @throws IllegalStateException if a run did not log as many steps as the other
    public static List<StepCheck> of(Path device, Path cpu) {
        List<Map<String, Object>> got = lines(device);
        List<Map<String, Object>> expected = lines(cpu);
        if (got.size() != expected.size() || got.isEmpty()) {
            throw new IllegalStateException(
                    "steps: %d logged in %s, expected %d as in %s".formatted(got.size(), device, expected.size(), cpu));
        }
        List<StepCheck> all = new ArrayList<>();
        for (int i = 0; i < got.size(); i++) {
            for (String m : METRICS)
                all.add(new StepCheck(i + 1, m, number(got.get(i), m), number(expected.get(i), m)));
        }
        return all;
    }

    private static List<Map<String, Object>> lines(Path run) {
        Path file = run.resolve("metrics.jsonl");
        try {
            List<Map<String, Object>> all = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                all.add(Json.parseObject(file.toString(), line.getBytes(StandardCharsets.UTF_8)));
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double number(Map<String, Object> line, String metric) {
        return line.get(metric) instanceof Number n ? n.doubleValue() : Double.NaN;
    }
}
