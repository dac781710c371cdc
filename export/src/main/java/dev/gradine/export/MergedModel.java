package dev.gradine.export;

import dev.gradine.data.token.GgufTokenizer;
import dev.gradine.io.AtomicFiles;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.ModelFolder;
import dev.gradine.io.TensorSource;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Weight;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Merge;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.Transposed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A Hugging Face model folder of a model and its adapter: the adapter is in the weights.
public final class MergedModel {

    private MergedModel() {}

    /// Writes the folder, one tensor in memory at a time.
    ///
    /// @param out absent or empty
    /// @throws IllegalArgumentException if the folder is not empty, or what the adapter does cannot be merged
    public static void write(OpenModel m, AdapterSet adapted, Path out) {
        AtomicFiles.requireFree(out);
        Merge.requireMergeable(adapted);
        Checkpoint c = m.checkpoint();
        List<TensorSource> tensors = new ArrayList<>();
        boolean untied = false;
        for (Weight weight : m.model().weights()) {
            boolean stored = c.has(weight.path());
            if (!stored && !Merge.stores(adapted, weight)) continue; // tied to another, and stays so
            untied |= !stored;
            tensors.add(source(m.run(), adapted, weight));
        }
        Map<String, Object> config = new LinkedHashMap<>(c.config());
        if (untied) config.put("tie_word_embeddings", false);
        config.put("dtype", dtypeName(tensors));
        config.remove("torch_dtype");
        config.remove("quantization_config"); // what was quantised is written decoded
        try {
            Path extra = Files.createTempDirectory("gradine-merge");
            try {
                ModelFolder.write(out, config, tensors, sideFiles(c, extra));
            } finally {
                Files.deleteIfExists(extra.resolve("tokenizer.json"));
                Files.deleteIfExists(extra.resolve("chat_template.jinja"));
                Files.delete(extra);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TensorSource source(Kernels run, AdapterSet adapted, Weight weight) {
        Tensor base = weight.param().value();
        DType dtype = Merge.writtenAs(base);
        Shape stored = weight.isTransposed()
                ? Shape.of(base.shape().dim(1), base.shape().dim(0))
                : base.shape();
        return new TensorSource(weight.path(), dtype, stored, () -> {
            try (Kernels k = run.openStep()) {
                Tensor merged = Merge.merged(adapted, weight, k);
                Tensor rounded = k.empty(dtype, base.shape());
                k.copy(merged, rounded);
                Tensor host = k.toHost(rounded, Arena.ofAuto());
                return weight.isTransposed() ? Transposed.of(host) : host;
            }
        });
    }

    private static String dtypeName(List<TensorSource> tensors) {
        return switch (tensors.getFirst().dtype()) {
            case F16 -> "float16";
            case BF16 -> "bfloat16";
            default -> "float32";
        };
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
