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
import java.io.InputStream;
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
import java.util.zip.CRC32C;

/// The state of a run after some step, from which it goes on as if it had never stopped.
///
/// `OUT/checkpoints/step-00000100/` holds `state.safetensors` (parameters and the optimiser's tensors, exactly),
/// `state.json` (step, work done, settings, and a CRC-32C of the tensors' file) and the adapter in PEFT's format. The
/// folder appears whole or not at all; only the latest are kept. `best-00000080` has the values whose evaluation was
/// best.
public final class RunCheckpoint {

    private static final String STATE = "state.safetensors";
    private static final String JSON = "state.json";
    private static final String PREFIX = "step-";
    private static final String BEST = "best-";
    private static final int BUFFER = 1 << 20;

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

    /// Writes a checkpoint below `out` and removes the oldest.
    ///
    /// @param state what `restore` will be given again
    /// @param keep checkpoints there are afterwards, at most
    /// @throws CheckpointException if it cannot be written; what was there before is still there
    public static void save(Path out, Map<String, Tensor> state, Progress progress, Kernels kernels, int keep) {
        write(out, PREFIX, state, progress, kernels);
        List<Path> all = all(out, PREFIX);
        for (Path p : all.subList(0, Math.max(0, all.size() - keep))) delete(p);
    }

    /// Keeps the values of the best evaluation below `out`, in the place of those before.
    ///
    /// @param values what `restore` will be given again
    static void saveBest(Path out, int step, Map<String, Tensor> values, Kernels kernels) {
        List<Path> older = all(out, BEST);
        Path folder = write(out, BEST, values, new Progress(step, 0, Map.of(), _ -> {}), kernels);
        for (Path p : older) if (!p.equals(folder)) delete(p);
    }

    private static Path write(Path out, String prefix, Map<String, Tensor> state, Progress progress, Kernels kernels) {
        Path folder = parent(out).resolve(prefix + "%08d".formatted(progress.step()));
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
            json.put("crc32c", sum(temp.resolve(STATE)));
            Json.write(temp.resolve(JSON), json);
        });
        return folder;
    }

    private static long sum(Path file) {
        CRC32C crc = new CRC32C();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) crc.update(buffer, 0, n);
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be read", e);
        }
        return crc.getValue();
    }

    /// Whether there is a checkpoint below `out`.
    public static boolean exists(Path out) {
        return !all(out, PREFIX).isEmpty();
    }

    /// Removes all checkpoints below `out`: the run has ended.
    public static void clear(Path out) {
        for (Path p : all(out, PREFIX)) delete(p);
        for (Path p : all(out, BEST)) delete(p);
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
    /// @throws CheckpointException if there is none, or it is damaged
    public static RunCheckpoint latest(Path out) {
        List<Path> all = all(out, PREFIX);
        if (all.isEmpty()) throw new CheckpointException(out, "has no checkpoint to resume from");
        return whole(all.getLast());
    }

    /// The latest checkpoint below `out` that is whole, alone in a list; none if there is none.
    ///
    /// @param told takes a line for each that is damaged
    static List<RunCheckpoint> latestWhole(Path out, Consumer<String> told) {
        for (Path folder : all(out, PREFIX).reversed()) {
            try {
                return List.of(whole(folder));
            } catch (CheckpointException e) {
                told.accept(e.getMessage() + "; it is passed over");
            }
        }
        return List.of();
    }

    /// The values of the best evaluation below `out`.
    ///
    /// @throws CheckpointException if they are not there, or damaged
    static RunCheckpoint best(Path out) {
        List<Path> all = all(out, BEST);
        if (all.isEmpty()) throw new CheckpointException(out, "has lost the values of its best evaluation");
        return whole(all.getLast());
    }

    private static RunCheckpoint whole(Path folder) {
        RunCheckpoint c = new RunCheckpoint(folder, Json.readObject(folder.resolve(JSON)));
        if (c.number("crc32c").longValue() == sum(folder.resolve(STATE))) return c;
        throw new CheckpointException(folder.resolve(STATE), "is damaged: its bytes are not those that were written");
    }

    private static List<Path> all(Path out, String prefix) {
        if (!Files.isDirectory(parent(out))) return List.of();
        List<Path> all = new ArrayList<>();
        try (DirectoryStream<Path> s = Files.newDirectoryStream(parent(out), prefix + "*")) {
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
