package dev.gradine.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

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
            "spiece.model",
            "sentencepiece.bpe.model",
            "spm.model",
            "tok512.bin",
            "tokenizer.bin",
            "vocab.json",
            "merges.txt",
            "chat_template.jinja",
            "generation_config.json");

    /// Folder of chat templates that have names of their own, beside `chat_template.jinja`.
    public static final String TEMPLATES = "additional_chat_templates";

    /// The side files that `folder` has, with those of its folder of chat templates.
    ///
    /// @throws CheckpointException if that folder cannot be read
    public static List<Path> sideFiles(Path folder) {
        List<Path> all = new ArrayList<>();
        for (String name : SIDE_FILES) all.add(folder.resolve(name));
        if (Files.isDirectory(folder.resolve(TEMPLATES))) {
            try (Stream<Path> templates = Files.list(folder.resolve(TEMPLATES))) {
                templates.filter(f -> f.toString().endsWith(".jinja")).sorted().forEach(all::add);
            } catch (IOException e) {
                throw CheckpointException.of(folder.resolve(TEMPLATES), "cannot be read", e);
            }
        }
        return all.stream().filter(Files::isRegularFile).toList();
    }

    /// Where a side file goes: under its own name, a template that was in a folder of templates into one.
    private static Path place(Path folder, Path side) {
        Path parent = side.toAbsolutePath().getParent();
        boolean named = parent != null && parent.endsWith(TEMPLATES);
        return (named ? folder.resolve(TEMPLATES) : folder).resolve(String.valueOf(side.getFileName()));
    }

    /// Writes the folder with all weights in one file.
    public static void write(
            Path folder, Map<String, Object> config, Collection<TensorSource> weights, Collection<Path> sideFiles) {
        write(folder, config, weights, sideFiles, Long.MAX_VALUE, _ -> {});
    }

    /// Writes the folder; it appears complete or not at all.
    ///
    /// @param folder absent or empty
    /// @param config for `config.json`
    /// @param weights written one after the other; see `TensorSource`
    /// @param maxShardBytes values of a weight file, at most; a tensor that is larger has a file of its own
    /// @param sideFiles copied under their own names, those of a folder of templates into one
    /// @param check sees the whole folder before it appears, under another name; may throw
    /// @throws CheckpointException if the folder is not empty, a side file is missing or named twice, or something
    ///     cannot be written; nothing is left behind then
    public static void write(
            Path folder,
            Map<String, Object> config,
            Collection<TensorSource> weights,
            Collection<Path> sideFiles,
            long maxShardBytes,
            Consumer<Path> check) {
        Shards shards = Shards.of(weights, maxShardBytes);
        Set<String> names = new HashSet<>(shards.byFile().keySet());
        names.addAll(List.of("config.json", WeightFiles.INDEX));
        for (Path side : sideFiles) {
            if (!Files.isRegularFile(side)) throw new CheckpointException(side, "no such file to copy");
            Path place = folder.relativize(place(folder, side));
            if (!names.add(place.toString())) {
                throw new CheckpointException(folder, "%s would be written twice".formatted(place));
            }
        }
        Map<String, SafetensorsWriter> writers = new LinkedHashMap<>();
        shards.byFile().forEach((name, tensors) -> {
            writers.put(name, new SafetensorsWriter(folder.resolve(name), Safetensors.METADATA, tensors));
        });
        AtomicFiles.writeFolder(folder, temp -> {
            Json.write(temp.resolve("config.json"), config);
            for (Path side : sideFiles) {
                Path place = place(temp, side);
                Files.createDirectories(place.resolveSibling(""));
                Files.copy(side, place);
            }
            for (var writer : writers.entrySet()) writeFile(temp.resolve(writer.getKey()), writer.getValue());
            if (shards.areSeveral()) Json.write(temp.resolve(WeightFiles.INDEX), shards.index());
            check.accept(temp);
        });
    }

    private static void writeFile(Path file, SafetensorsWriter writer) throws IOException {
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            writer.writeTo(out);
            out.force(true);
        }
    }
}
