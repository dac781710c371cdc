package dev.gradine.cli.pipeline;

import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// What a finished stage leaves beside its output: what it ran, and the hash of every file it wrote.
///
/// @param name of the stage
/// @param key it was run under
/// @param command line
/// @param seconds it took
/// @param outputs SHA-256 of each file, by its path in the stage's folder
public record StageManifest(
        String name, String key, List<String> command, double seconds, Map<String, String> outputs) {

    /// Its name in the stage's folder.
    static final String FILE = "manifest.json";

    /// Copies list and map.
    public StageManifest {
        command = List.copyOf(command);
        outputs = Map.copyOf(outputs);
    }

    /// That of a folder.
    static StageManifest read(Path folder) {
        return Json.read(folder.resolve(FILE), StageManifest.class);
    }

    void write(Path folder) {
        Json.write(folder.resolve(FILE), this);
    }

    /// Fails if a file is not what the stage wrote.
    ///
    /// @throws CheckpointException names the file
    void requireUnchanged(Path folder, ContentHashes hashes) {
        try {
            Map<String, String> now = hashes.files(folder);
            for (Map.Entry<String, String> e : outputs.entrySet()) {
                if (e.getValue().equals(now.get(e.getKey()))) continue;
                throw new CheckpointException(
                        folder.resolve(e.getKey()),
                        "is no longer what stage %s wrote; remove the folder %s to have it written anew"
                                .formatted(name, folder));
            }
        } catch (IOException e) {
            throw CheckpointException.of(folder, "cannot be read", e);
        }
    }

    /// Whether a folder has one.
    static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(FILE));
    }
}
