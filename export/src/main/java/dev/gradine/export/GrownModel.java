package dev.gradine.export;

import dev.gradine.data.token.FolderTokenizer;
import dev.gradine.data.token.MoreTokens;
import dev.gradine.io.AtomicFiles;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.ModelFolder;
import dev.gradine.io.TensorSource;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Weight;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// A Hugging Face model folder of a model with more tokens: in its tokenizer, its embedding and its head.
///
/// ```
/// E′ = [E; ē; … ē]      ē = mean of the rows of E       the same for the head and its bias
/// ```
///
/// So a new token is at first what any token is on average; transformers' `resize_token_embeddings` draws new rows
/// around the same mean. A table that is larger than its tokenizer has rows for new tokens already: they stay as they
/// are, and only what is missing is added.
public final class GrownModel {

    private GrownModel() {}

    /// Writes the folder.
    ///
    /// @param out absent or empty
    /// @return the tokens' ids, in their order
    /// @throws IllegalArgumentException if the folder is not empty, the model is a GGUF file or quantised,
    ///     or a token cannot be added
    public static Map<String, Integer> write(OpenModel m, MoreTokens tokens, Path out) {
        AtomicFiles.requireFree(out);
        Checkpoint c = m.checkpoint();
        requireFolder(m);
        try {
            FolderTokenizer.Grown grown = FolderTokenizer.grown(c.folder(), tokens);
            int rows = Math.max(m.model().vocabSize(), grown.vocabSize());
            Map<String, Object> config = new LinkedHashMap<>(c.config());
            config.put("vocab_size", rows);
            Path extra = Files.createTempDirectory("gradine-tokens");
            Path json = extra.resolve("tokenizer.json");
            try {
                List<Path> files = new ArrayList<>(ModelFolder.sideFiles(c.folder()));
                files.removeIf(f -> f.endsWith("tokenizer.json"));
                files.add(Files.writeString(json, grown.json()));
                ModelFolder.write(out, config, tensors(m, rows), files);
            } finally {
                Files.deleteIfExists(json);
                Files.delete(extra);
            }
            return grown.ids();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void requireFolder(OpenModel m) {
        Checkpoint c = m.checkpoint();
        if (c.hasGgufMetadata()) {
            throw new IllegalArgumentException(
                    "add-tokens: %s is a GGUF file, expected a model folder; merge writes one of it"
                            .formatted(c.path()));
        }
        if (c.config().containsKey("quantization_config")) {
            throw new IllegalArgumentException(
                    "add-tokens: %s is quantised, expected the model before; quantize the new folder"
                            .formatted(c.path()));
        }
        if (!(c.config().get("vocab_size") instanceof Integer)) {
            throw new IllegalArgumentException(
                    "add-tokens: %s has no vocab_size at the top of its configuration, expected a text model"
                            .formatted(c.path()));
        }
    }

    private static List<TensorSource> tensors(OpenModel m, int rows) {
        Map<String, Weight> byToken = byToken(m.model());
        List<TensorSource> out = new ArrayList<>();
        for (TensorSource t : new MergedWeights(m, AdapterSet.none(m.model()), FolderFormat.defaults()).tensors()) {
            Weight w = byToken.get(t.name());
            out.add(w == null || rows == m.model().vocabSize() ? t : grown(m, w, t, rows));
        }
        return out;
    }

    /// Weights with a row for each token, by name.
    private static Map<String, Weight> byToken(CausalLm model) {
        Linear head = model.linears().getLast();
        List<String> names = List.of(
                model.embeddings().getFirst().weight().path(), head.weight().path(), head.path() + ".bias");
        Map<String, Weight> out = new TreeMap<>();
        for (Weight w : model.weights()) {
            if (!names.contains(w.path())) continue;
            if (w.isTransposed() || w.shape().dim(0) != model.vocabSize()) {
                throw new IllegalArgumentException("add-tokens: %s is %s, expected a row for each of %d tokens"
                        .formatted(w.path(), w.shape(), model.vocabSize()));
            }
            out.put(w.path(), w);
        }
        return out;
    }

    private static TensorSource grown(OpenModel m, Weight w, TensorSource stored, int rows) {
        Shape shape = stored.shape().rank() == 1
                ? Shape.of(rows)
                : Shape.of(rows, stored.shape().dim(1));
        return new TensorSource(stored.name(), stored.dtype(), shape, () -> {
            try (Kernels k = m.run().openStep()) {
                Tensor old = k.empty(stored.shape());
                k.copy(k.fromHost(stored.values().get()), old);
                float[] values = extended(
                        k.toHost(old, Arena.ofAuto()).toFloats(), stored.shape().dim(0), rows);
                return MergedWeights.rounded(w, k.of(shape, values), stored.dtype(), k);
            }
        });
    }

    /// The values with their mean over rows, taken in f64, as each further row.
    private static float[] extended(float[] values, int before, int after) {
        int width = values.length / before;
        double[] sum = new double[width];
        for (int i = 0; i < values.length; i++) sum[i % width] += values[i];
        float[] out = Arrays.copyOf(values, Math.multiplyExact(after, width));
        for (int i = values.length; i < out.length; i++) out[i] = (float) (sum[i % width] / before);
        return out;
    }
}
