package dev.gradine.export;

import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.chat.FolderTemplate;
import dev.gradine.data.token.GgufTokenizer;
import dev.gradine.io.AtomicFiles;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.Json;
import dev.gradine.io.ModelFolder;
import dev.gradine.io.TensorSource;
import dev.gradine.models.LabelledConfig;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Classifier;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Merge;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// A Hugging Face model folder of a model and its adapter: the adapter is in the weights.
public final class MergedModel {

    private MergedModel() {}

    /// Writes the folder with the checkpoint's types and in one file, but for models of more than 50 GB.
    public static List<String> write(OpenModel m, AdapterSet adapted, Path out) {
        return write(m, adapted, out, FolderFormat.defaults(), _ -> {});
    }

    /// Writes the folder, one tensor in memory at a time.
    ///
    /// @param out absent or empty
    /// @param format types and sizes of the weight files
    /// @param check sees the whole folder before it appears, under another name; may throw
    /// @return what is not as it was, besides the adapter: a line each
    /// @throws IllegalArgumentException if the folder is not empty, what the adapter does cannot be merged, or
    ///     a value is too large for its type
    public static List<String> write(
            OpenModel m, AdapterSet adapted, Path out, FolderFormat format, Consumer<Path> check) {
        AtomicFiles.requireFree(out);
        Merge.requireMergeable(adapted);
        Checkpoint c = m.checkpoint();
        MergedWeights weights = new MergedWeights(m, adapted, format);
        List<TensorSource> tensors = weights.tensors();
        Map<String, Object> config = new LinkedHashMap<>(c.config());
        if (adapted.model() instanceof Classifier labelled) {
            config = LabelledConfig.of(config, labelled.labels());
        }
        if (weights.untied()) config.put("tie_word_embeddings", false);
        config.put("dtype", MergedWeights.dtypeName(tensors));
        config.remove("torch_dtype");
        if (!format.requantised()) config.remove("quantization_config"); // what was quantised is written decoded
        else if (m.quantised().isPresent()) {
            config.put(
                    "quantization_config",
                    QuantizedModel.quantization(m, m.quantised().orElseThrow()));
        }
        try {
            Path extra = Files.createTempDirectory("gradine-merge");
            try {
                ModelFolder.write(out, config, tensors, sideFiles(m, extra), format.maxShardBytes(), check);
            } finally {
                remove(extra);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return weights.notes();
    }

    private static void remove(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> content = Files.walk(folder)) {
            all = content.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path p : all) Files.delete(p);
    }

    /// The files beside the model, and those made from a GGUF that has no file beside it.
    private static List<Path> sideFiles(OpenModel m, Path extra) throws IOException {
        Checkpoint c = m.checkpoint();
        List<Path> files = new ArrayList<>(ModelFolder.sideFiles(c.folder()));
        if (!c.hasGgufMetadata()) return files;
        if (files.stream().noneMatch(f -> f.endsWith("tokenizer.json"))) {
            Path file = extra.resolve("tokenizer.json");
            files.add(
                    Files.writeString(file, GgufTokenizer.tokenizerJson(c.path().toString(), c.ggufMetadata())));
        }
        if (!FolderTemplate.sources(c.folder()).isEmpty()) return files;
        Path named = Files.createDirectory(extra.resolve(ModelFolder.TEMPLATES));
        for (var template : m.templates().entrySet()) {
            String name = template.getKey();
            Path file = name.equals(ChatTemplate.DEFAULT)
                    ? extra.resolve("chat_template.jinja")
                    : named.resolve(fileName(c, name));
            files.add(Files.writeString(file, template.getValue()));
        }
        return files;
    }

    /// @throws IllegalArgumentException if the name, which is a file's content, would lead elsewhere
    private static String fileName(Checkpoint c, String template) {
        if (template.matches("[\\w][\\w.-]*")) return template + ".jinja";
        throw new IllegalArgumentException(
                "%s: a chat template is called %s, expected a name of letters, digits, dots and dashes"
                        .formatted(c.path(), Json.line(template)));
    }
}
