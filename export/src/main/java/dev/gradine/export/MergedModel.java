package dev.gradine.export;

import dev.gradine.data.token.GgufTokenizer;
import dev.gradine.io.AtomicFiles;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.ModelFolder;
import dev.gradine.io.TensorSource;
import dev.gradine.models.OpenModel;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Merge;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A Hugging Face model folder of a model and its adapter: the adapter is in the weights.
public final class MergedModel {

    private MergedModel() {}

    /// Writes the folder with the checkpoint's types and in one file, but for models of more than 50 GB.
    public static List<String> write(OpenModel m, AdapterSet adapted, Path out) {
        return write(m, adapted, out, FolderFormat.defaults());
    }

    /// Writes the folder, one tensor in memory at a time.
    ///
    /// @param out absent or empty
    /// @param format types and sizes of the weight files
    /// @return what is not as it was, besides the adapter: a line each
    /// @throws IllegalArgumentException if the folder is not empty, what the adapter does cannot be merged, or
    ///     a value is too large for its type
    public static List<String> write(OpenModel m, AdapterSet adapted, Path out, FolderFormat format) {
        AtomicFiles.requireFree(out);
        Merge.requireMergeable(adapted);
        Checkpoint c = m.checkpoint();
        MergedWeights weights = new MergedWeights(m, adapted, format.type());
        List<TensorSource> tensors = weights.tensors();
        Map<String, Object> config = new LinkedHashMap<>(c.config());
        if (weights.untied()) config.put("tie_word_embeddings", false);
        config.put("dtype", MergedWeights.dtypeName(tensors));
        config.remove("torch_dtype");
        config.remove("quantization_config"); // what was quantised is written decoded
        try {
            Path extra = Files.createTempDirectory("gradine-merge");
            try {
                ModelFolder.write(out, config, tensors, sideFiles(c, extra), format.maxShardBytes());
            } finally {
                Files.deleteIfExists(extra.resolve("tokenizer.json"));
                Files.deleteIfExists(extra.resolve("chat_template.jinja"));
                Files.delete(extra);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return weights.notes();
    }

    /// The files beside the model, and those made from a GGUF that has no file beside it.
    private static List<Path> sideFiles(Checkpoint c, Path extra) throws IOException {
        List<Path> files = new ArrayList<>(ModelFolder.sideFiles(c.folder()));
        if (!c.hasGgufMetadata()) return files;
        String what = c.path().toString();
        if (files.stream().noneMatch(f -> f.endsWith("tokenizer.json"))) {
            Path file = extra.resolve("tokenizer.json");
            files.add(Files.writeString(file, GgufTokenizer.tokenizerJson(what, c.ggufMetadata())));
        }
        boolean template = files.stream().anyMatch(f -> f.endsWith("chat_template.jinja"));
        if (!template && GgufTokenizer.hasChatTemplate(c.ggufMetadata())) {
            Path file = extra.resolve("chat_template.jinja");
            files.add(Files.writeString(file, GgufTokenizer.chatTemplate(what, c.ggufMetadata())));
        }
        return files;
    }
}
