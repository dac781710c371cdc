package dev.gradine.bench.gpu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/// PyTorch's side of the bench: the script `torch_bench.py` among the resources, run by `python3`.
///
/// @param seconds of each work, by its name
/// @param absent why there are none; else empty
public record Torch(Map<String, Double> seconds, String absent) {

    /// Runs it, if there is a Python with a torch that sees the GPU.
    public static Torch measure() {
        try (InputStream in = Torch.class.getResourceAsStream("torch_bench.py")) {
            if (in == null) throw new IOException("torch_bench.py is missing among the resources");
            Path script = Files.createTempFile("torch-bench", ".py");
            try {
                Files.write(script, in.readAllBytes());
                return run(script);
            } finally {
                Files.delete(script);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Torch run(Path script) {
        try {
            ProcessBuilder builder = new ProcessBuilder("python3", script.toString());
            Process python =
                    builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
            String text = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return python.waitFor() == 0
                    ? parse(text)
                    : new Torch(Map.of(), "no python3 with a torch that sees the GPU");
        } catch (IOException _) {
            return new Torch(Map.of(), "no python3");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("torch: interrupted", e);
        }
    }

    /// Lines of a name, a tab and seconds; others are not ours.
    static Torch parse(String text) {
        Map<String, Double> seconds = new TreeMap<>();
        for (String line : text.lines().toList()) {
            String[] parts = line.split("\t", -1);
            if (parts.length == 2) seconds.put(parts[0], Double.parseDouble(parts[1]));
        }
        return new Torch(seconds, seconds.isEmpty() ? "torch measured nothing" : "");
    }
}
