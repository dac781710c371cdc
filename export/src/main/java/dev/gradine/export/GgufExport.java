package dev.gradine.export;

import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.token.GgufTokenizer;
import dev.gradine.data.token.GgufVocabulary;
import dev.gradine.data.token.Tokenizer;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.GgufBlocks;
import dev.gradine.io.GgufLayout;
import dev.gradine.io.GgufWriter;
import dev.gradine.io.TensorSource;
import dev.gradine.models.OpenModel;
import dev.gradine.models.StopTokens;
import dev.gradine.nn.Weight;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Merge;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/// A GGUF file of a model and its adapter, for llama.cpp: the adapter is in the weights.
///
/// Matrices get the type asked for; norms, biases and other vectors stay f32, as llama.cpp wants them. A matrix that no
/// adapter touched and that has the type already keeps its bytes.
public final class GgufExport {

    private static final String TEMPLATE = "tokenizer.chat_template";

    private final OpenModel model;
    private final AdapterSet adapted;
    private final DType type;
    private final List<String> notes = new ArrayList<>();

    private GgufExport(OpenModel model, AdapterSet adapted, DType type) {
        this.model = model;
        this.adapted = adapted;
        this.type = type;
    }

    /// Writes the file, one tensor in memory at a time.
    ///
    /// @param adapted `AdapterSet.none` for the model as it is
    /// @param type of matrices: F32, F16, BF16, Q8_0, Q4_0 or Q4_1
    /// @param out a file that is not there yet
    /// @return one line for each thing that is not as it was asked for
    /// @throws IllegalArgumentException if GGUF has no place for something the model or its tokenizer does, or the
    ///     adapter cannot be merged
    public static List<String> write(OpenModel model, AdapterSet adapted, DType type, Path out) {
        Merge.requireMergeable(adapted);
        GgufExport export = new GgufExport(model, adapted, type);
        GgufHeader header = GgufHeader.of(model);
        Map<String, Object> metadata = new LinkedHashMap<>(header.metadata(name(model), type));
        export.notes.addAll(header.notes());
        metadata.putAll(export.tokenizer());
        List<TensorSource> tensors = new ArrayList<>(header.tensors());
        tensors.addAll(export.weights(header.layout()));
        GgufWriter.write(out, metadata, tensors);
        return export.notes;
    }

    private static String name(OpenModel model) {
        Path source = model.source().toAbsolutePath().normalize();
        return String.valueOf(source.getFileName()).replaceFirst("\\.(gguf|bin|safetensors)$", "");
    }

    private List<TensorSource> weights(GgufLayout layout) {
        Checkpoint c = model.checkpoint();
        Map<String, List<Weight>> byName = new LinkedHashMap<>();
        List<String> odd = new ArrayList<>();
        for (Weight w : model.model().weights()) {
            String hf = GgufHeader.name(w);
            if (!c.has(hf) && !Merge.stores(adapted, w)) continue; // tied to another, and stays so
            if (isOdd(layout, w)) odd.add(w.path());
            byName.computeIfAbsent(layout.name(hf), _ -> new ArrayList<>()).add(w);
        }
        if (!odd.isEmpty()) {
            notes.add("%d matrices are F16, not %s, whose blocks of %d do not fit their rows: %s%s"
                    .formatted(odd.size(), type, type.blockSize(), odd.getFirst(), odd.size() > 1 ? " ..." : ""));
        }
        List<TensorSource> all = new ArrayList<>();
        byName.forEach((name, weights) -> {
            String second = layout.spot(GgufHeader.name(weights.getFirst())).second();
            if (second.isEmpty()) all.add(source(name, weights, w -> whole(layout, name, w)));
            else {
                all.add(source(name, weights, w -> half(layout, name, w, 0)));
                all.add(source(second, weights, w -> half(layout, second, w, 1)));
            }
        });
        return all;
    }

    /// One tensor of one weight, or of all that are in a stack of the file or of the checkpoint.
    private static TensorSource source(String name, List<Weight> weights, Function<Weight, TensorSource> each) {
        boolean isStack = weights.size() > 1 || weights.getFirst().stack() != null;
        if (!isStack) return each.apply(weights.getFirst());
        return TensorSource.stack(name, weights.stream().map(each).toList());
    }

    private TensorSource whole(GgufLayout layout, String name, Weight w) {
        Shape shape = layout.shape(GgufHeader.name(w), w.shape());
        return source(layout, name, w, shape, (t, _) -> t);
    }

    private TensorSource half(GgufLayout layout, String name, Weight w, int index) {
        String hf = GgufHeader.name(w);
        return source(
                layout, name, w, layout.half(hf, w.shape(), index), (t, arena) -> layout.half(hf, t, index, arena));
    }

    private TensorSource source(
            GgufLayout layout, String name, Weight w, Shape shape, BiFunction<Tensor, Arena, Tensor> part) {
        DType written = written(layout, w, shape);
        return new TensorSource(name, written, shape, () -> stored(layout, w, written, part));
    }

    /// Whether it is a matrix whose rows are no whole number of blocks.
    private boolean isOdd(GgufLayout layout, Weight w) {
        String hf = GgufHeader.name(w);
        boolean isPair = !layout.spot(hf).second().isEmpty();
        List<Shape> parts = isPair
                ? List.of(layout.half(hf, w.shape(), 0), layout.half(hf, w.shape(), 1))
                : List.of(layout.shape(hf, w.shape()));
        return type != DType.F16 && parts.stream().anyMatch(s -> written(layout, w, s) == DType.F16);
    }

    private DType written(GgufLayout layout, Weight w, Shape shape) {
        if (shape.rank() == 1 || layout.staysF32(GgufHeader.name(w))) return DType.F32;
        return shape.last() % type.blockSize() == 0 ? type : DType.F16;
    }

    private Tensor stored(GgufLayout layout, Weight w, DType written, BiFunction<Tensor, Arena, Tensor> part) {
        Tensor base = w.param().value();
        boolean keeps = base.dtype() == written && !Merge.changes(adapted, w);
        try (Kernels k = model.run().openStep()) {
            Arena arena = Arena.ofAuto();
            Tensor host = k.toHost(keeps ? base : Merge.merged(adapted, w, k), arena);
            Tensor moved = layout.stored(GgufHeader.name(w), host, arena);
            return GgufBlocks.of(part.apply(moved, arena), written, arena);
        } catch (DTypeException e) {
            throw new IllegalArgumentException("gguf: " + w.path() + ": " + e.getMessage(), e);
        }
    }

    private Map<String, Object> tokenizer() {
        Map<String, Object> m = new LinkedHashMap<>();
        Checkpoint c = model.checkpoint();
        if (!model.hasTokenizer()) {
            notes.add("the model has no tokenizer, so the file takes token ids alone");
            m.put("tokenizer.ggml.model", "none");
            return m;
        }
        Tokenizer t = model.codec().tokenizer();
        Path json = c.folder().resolve("tokenizer.json");
        if (!Files.exists(json) && c.hasGgufMetadata() && GgufTokenizer.isIn(c.ggufMetadata())) {
            c.ggufMetadata().forEach((key, value) -> {
                if (key.startsWith("tokenizer.")) m.put(key, value);
            });
        } else {
            String text = Files.exists(json) ? read(json) : "";
            m.putAll(GgufVocabulary.of(json.toString(), t, text, model.model().vocabSize()));
        }
        GgufEnds.add(t, StopTokens.of(model, model.codec()).ids(), m, notes);
        templates(m);
        return m;
    }

    /// The default template, and further ones under their names.
    private void templates(Map<String, Object> m) {
        Map<String, String> templates = model.templates();
        m.keySet().removeIf(key -> key.startsWith(TEMPLATE));
        List<String> named = new ArrayList<>(templates.keySet());
        named.remove(ChatTemplate.DEFAULT);
        if (!named.isEmpty()) m.put("tokenizer.chat_templates", named);
        templates.forEach((name, source) -> {
            m.put(name.equals(ChatTemplate.DEFAULT) ? TEMPLATE : TEMPLATE + "." + name, source);
        });
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be read", e);
        }
    }
}
