package dev.gradine.train;

import dev.gradine.io.AtomicFiles;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import dev.gradine.io.Safetensors;
import dev.gradine.settings.Settings;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// The state of a run after some step, from which it goes on as if it had never stopped.
///
/// `OUT/checkpoints/step-00000100/` holds `state.safetensors` (parameters and the optimiser's tensors, exactly),
/// `state.json` (step, work done, settings) and the adapter in PEFT's format. The folder appears whole or not at all;
/// only the latest is
/// kept.
public final class RunCheckpoint {

    private static final String STATE = "state.safetensors";
    private static final String JSON = "state.json";
    private static final String PREFIX = "step-";

    private final Path folder;
    private final Map<String, Object> json;

    private RunCheckpoint(Path folder, Map<String, Object> json) {
        this.folder = folder;
        this.json = json;
    }

    /// What is kept beside the tensors.
    ///
    /// @param step steps taken
    /// @param work done since the run began, such as tokens read
    /// @param settings of the run; one that resumes must have the same
    /// @param adapter writes the adapter into the folder it is given
    public record Progress(int step, double work, Map<String, Object> settings, Consumer<Path> adapter) {}

    private static Path parent(Path out) {
        return out.resolve("checkpoints");
    }

    /// Writes a checkpoint below `out` and removes the ones before it.
    ///
    /// @param state what `restore` will be given again
    /// @throws CheckpointException if it cannot be written; what was there before is still there
    public static void save(Path out, Map<String, Tensor> state, Progress progress, Kernels kernels) {
        Path folder = parent(out).resolve(PREFIX + "%08d".formatted(progress.step()));
        List<Path> older = all(out);
        try {
            Files.createDirectories(parent(out));
        } catch (IOException e) {
            throw CheckpointException.of(parent(out), "cannot be made", e);
        }
        AtomicFiles.writeFolder(folder, temp -> {
            progress.adapter().accept(temp);
            try (Arena arena = Arena.ofShared()) {
                Map<String, Tensor> host = new LinkedHashMap<>();
                state.forEach((name, t) -> host.put(name, kernels.toHost(t, arena)));
                Safetensors.write(temp.resolve(STATE), host);
            }
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("step", progress.step());
            json.put("work", progress.work());
            json.put("settings", progress.settings());
            Json.write(temp.resolve(JSON), json);
        });
        for (Path p : older) if (!p.equals(folder)) delete(p);
    }

    /// Whether there is a checkpoint below `out`.
    public static boolean exists(Path out) {
        return !all(out).isEmpty();
    }

    /// Removes all checkpoints below `out`: the run has ended.
    public static void clear(Path out) {
        for (Path p : all(out)) delete(p);
        removeAbandoned(out);
        try {
            Files.deleteIfExists(parent(out));
        } catch (IOException e) {
            throw CheckpointException.of(parent(out), "cannot be removed", e);
        }
    }

    /// Removes what a writer that died has left below `out`.
    static void removeAbandoned(Path out) {
        if (Files.isDirectory(parent(out))) AtomicFiles.removeAbandoned(parent(out));
    }

    /// The latest checkpoint below `out`.
    ///
    /// @throws CheckpointException if there is none
    public static RunCheckpoint latest(Path out) {
        List<Path> all = all(out);
        if (all.isEmpty()) throw new CheckpointException(out, "has no checkpoint to resume from");
        Path folder = all.getLast();
        return new RunCheckpoint(folder, Json.readObject(folder.resolve(JSON)));
    }

    private static List<Path> all(Path out) {
        if (!Files.isDirectory(parent(out))) return List.of();
        List<Path> all = new ArrayList<>();
        try (DirectoryStream<Path> s = Files.newDirectoryStream(parent(out), PREFIX + "*")) {
            s.forEach(all::add);
        } catch (IOException e) {
            throw CheckpointException.of(parent(out), "cannot be read", e);
        }
        Collections.sort(all);
        return all;
    }

    private static void delete(Path folder) {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            Files.deleteIfExists(folder.resolve(JSON)); // first: without it the folder is no checkpoint
            for (Path f : files) Files.deleteIfExists(f);
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            throw CheckpointException.of(folder, "cannot be removed", e);
        }
    }

    /// Steps taken.
    public int step() {
        return number("step").intValue();
    }

    /// Work done, such as tokens read.
    public double work() {
        return number("work").doubleValue();
    }

    private Number number(String key) {
        if (json.get(key) instanceof Number n) return n;
        throw new CheckpointException(folder.resolve(JSON), key + " is missing, expected a number");
    }

    /// Fails unless the run was started with the same settings: those of `settings`, and no others.
    ///
    /// @param free names that may differ
    /// @throws CheckpointException names the first setting that differs
    public void requireSettings(Map<String, Object> settings, Set<String> free) {
        Map<String, Object> was = new LinkedHashMap<>();
        if (json.get("settings") instanceof Map<?, ?> m) m.forEach((name, value) -> was.put(name.toString(), value));
        List<Settings.Difference> all = Settings.differences(settings, was).stream()
                .filter(d -> !free.contains(d.name()))
                .toList();
        if (all.isEmpty()) return;
        Settings.Difference d = all.getFirst();
        throw new CheckpointException(
                folder, "%s is %s, expected %s as in the run it resumes".formatted(d.name(), d.now(), d.before()));
    }

    /// Writes what is stored into the tensors of `state`.
    ///
    /// @throws CheckpointException if one is missing or has another shape
    public void restore(Map<String, Tensor> state, Kernels kernels) {
        try (Arena arena = Arena.ofShared()) {
            Safetensors file = Safetensors.open(folder.resolve(STATE), arena);
            state.forEach((name, t) -> {
                Tensor stored = file.tensor(name);
                ShapeException.require(file.path() + ": " + name, "shape", stored.shape(), t.shape(), "the model");
                try (Kernels scratch = kernels.openStep()) {
                    scratch.copy(scratch.fromHost(stored), t);
                }
            });
        }
    }
}
