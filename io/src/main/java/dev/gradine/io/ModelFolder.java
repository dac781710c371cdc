package dev.gradine.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Writes a model as Hugging Face's libraries read it: `config.json`, `model.safetensors`, in one file or
/// several with an index, and whatever files go along.
public final class ModelFolder {

    private ModelFolder() {}

    /// Files beside the weights that belong to a model; those a source folder has are worth passing on.
    public static final List<String> SIDE_FILES = List.of(
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "tokenizer.model",
            "tok512.bin",
            "tokenizer.bin",
            "vocab.json",
            "merges.txt",
            "chat_template.jinja",
            "generation_config.json");

    /// The side files that `folder` has.
    public static List<Path> sideFiles(Path folder) {
        return SIDE_FILES.stream()
                .map(folder::resolve)
                .filter(Files::isRegularFile)
                .toList();
    }

    /// Writes the folder with all weights in one file.
    public static void write(
            Path folder, Map<String, Object> config, Collection<TensorSource> weights, Collection<Path> sideFiles) {
        write(folder, config, weights, sideFiles, Long.MAX_VALUE);
    }

    /// Writes the folder; it appears complete or not at all.
    ///
    /// @param folder absent or empty
    /// @param config for `config.json`
    /// @param weights written one after the other; see `TensorSource`
    /// @param maxShardBytes values of a weight file, at most; a tensor that is larger has a file of its own
    /// @param sideFiles copied under their own names
    /// @throws CheckpointException if the folder is not empty, a side file is missing or named twice, or something
    ///     cannot be written; nothing is left behind then
    public static void write(
            Path folder,
            Map<String, Object> config,
            Collection<TensorSource> weights,
            Collection<Path> sideFiles,
            long maxShardBytes) {
        Shards shards = Shards.of(weights, maxShardBytes);
        Set<String> names = new HashSet<>(shards.byFile().keySet());
        names.addAll(List.of("config.json", WeightFiles.INDEX));
        for (Path side : sideFiles) {
            if (!Files.isRegularFile(side)) throw new CheckpointException(side, "no such file to copy");
            if (!names.add(String.valueOf(side.getFileName()))) {
                throw new CheckpointException(folder, "%s would be written twice".formatted(side.getFileName()));
            }
        }
        Map<String, SafetensorsWriter> writers = new LinkedHashMap<>();
        shards.byFile().forEach((name, tensors) -> {
            writers.put(name, new SafetensorsWriter(folder.resolve(name), Safetensors.METADATA, tensors));
        });
        AtomicFiles.writeFolder(folder, temp -> {
            Json.write(temp.resolve("config.json"), config);
            for (Path side : sideFiles) {
                Files.copy(side, temp.resolve(String.valueOf(side.getFileName())));
            }
            for (var writer : writers.entrySet()) writeFile(temp.resolve(writer.getKey()), writer.getValue());
            if (shards.areSeveral()) Json.write(temp.resolve(WeightFiles.INDEX), shards.index());
        });
    }

    private static void writeFile(Path file, SafetensorsWriter writer) throws IOException {
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            writer.writeTo(out);
            out.force(true);
        }
    }
}
