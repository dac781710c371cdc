package dev.gradine.merge;

import dev.gradine.io.Checkpoint;
import dev.gradine.io.ModelFolder;
import dev.gradine.io.TensorSource;
import dev.gradine.merge.MergeConfig.Slice;
import dev.gradine.merge.MergeConfig.Source;
import dev.gradine.merge.MergeRule.Given;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/// Writes the model that a `MergeConfig` describes: one tensor at a time, so models may be larger than memory. All is
/// computed in f32 and rounded once.
public final class ModelMerge {

    private static final String HEAD = "lm_head.weight";

    private final MergeConfig config;
    private final Map<String, Checkpoint> models = new LinkedHashMap<>();
    private final Kernels kernels;
    private final long seed;
    private final List<String> notes = new ArrayList<>();

    private ModelMerge(MergeConfig config, Kernels kernels, long seed) {
        this.config = config;
        this.kernels = kernels;
        this.seed = seed;
    }

    /// Writes the merged model.
    ///
    /// @param folder that paths of models are relative to
    /// @param seed of random masks
    /// @param out absent or empty
    /// @return what a user should know: a line each
    /// @throws IllegalArgumentException if models do not fit together; nothing is left behind then
    public static List<String> write(MergeConfig config, Path folder, long seed, Path out, Kernels kernels) {
        try (Arena arena = Arena.ofShared()) {
            ModelMerge merge = new ModelMerge(config, kernels, seed);
            for (String m : config.models()) {
                merge.models.put(m, Checkpoint.open(folder.resolve(m), List.of(), arena));
            }
            merge.write(out);
            return merge.notes;
        }
    }

    private Checkpoint model(String name) {
        Checkpoint c = models.get(name);
        if (c == null) throw new IllegalStateException("merge: " + name + " was not opened");
        return c;
    }

    private String first() {
        return config.base()
                .orElseGet(() -> config.slices().getFirst().sources().getFirst().model());
    }

    private void write(Path out) {
        List<OutputTensor> tensors = tensors();
        List<TensorSource> sources = tensors.stream().map(this::source).toList();
        Map<String, Object> json = new LinkedHashMap<>(model(first()).config());
        if (!config.whole()) json.put(layersKey(json), layers());
        sources.stream()
                .filter(s ->
                        s.name().endsWith("embed_tokens.weight") || s.name().endsWith("wte.weight"))
                .forEach(s -> json.put("vocab_size", s.shape().dim(0)));
        boolean tied = Boolean.TRUE.equals(json.get("tie_word_embeddings"));
        if (tied && sources.stream().anyMatch(s -> s.name().equals(HEAD))) json.put("tie_word_embeddings", false);
        json.remove("torch_dtype");
        json.put("dtype", name(sources.getFirst().dtype()));
        sideFiles(out, json, sources);
    }

    private static String layersKey(Map<String, Object> json) {
        return json.containsKey("n_layer") ? "n_layer" : "num_hidden_layers";
    }

    private int layers(Slice slice) {
        Source s = slice.sources().getFirst();
        return config.whole() ? layers(s.model()) : s.to() - s.from();
    }

    private int layers(String model) {
        return 1
                + model(model).names().stream()
                        .mapToInt(OutputTensor::layerOf)
                        .max()
                        .orElse(-1);
    }

    private int layers() {
        return config.slices().stream().mapToInt(this::layers).sum();
    }

    /// All tensors of the output, in the order of the first model; layers in their order.
    private List<OutputTensor> tensors() {
        List<OutputTensor> all = new ArrayList<>();
        Set<String> names = new LinkedHashSet<>();
        for (Checkpoint c : models.values()) names.addAll(c.names());
        Slice begin = config.slices().getFirst();
        Slice end = config.slices().getLast();
        names.stream().filter(n -> OutputTensor.layerOf(n) < 0).forEach(n -> {
            boolean isEnd = n.equals(HEAD) || n.endsWith("norm.weight") || n.endsWith("ln_f.weight");
            all.add(new OutputTensor(n, isEnd ? end : begin, 0, -1));
        });
        int next = 0;
        for (Slice slice : config.slices()) {
            requireLayers(slice);
            int count = layers(slice);
            for (int i = 0; i < count; i++) layer(slice, i, next++, count, all);
        }
        return all;
    }

    private void requireLayers(Slice slice) {
        for (Source s : slice.sources()) {
            int there = layers(s.model());
            int needed = config.whole() ? layers(slice) : s.to();
            if (there < needed || (config.whole() && there != needed)) {
                throw new MergeException("%s: %d layers, expected %d".formatted(s.model(), there, needed));
            }
        }
    }

    private void layer(Slice slice, int i, int next, int count, List<OutputTensor> all) {
        Source s = slice.sources().getFirst();
        int from = config.whole() ? 0 : s.from();
        double depth = count > 1 ? (double) i / (count - 1) : 1;
        for (String n : model(s.model()).names()) {
            if (OutputTensor.layerOf(n) != from + i) continue;
            all.add(new OutputTensor(OutputTensor.inLayer(n, next), slice, depth, i));
        }
    }

    private TensorSource source(OutputTensor t) {
        Tensor like = stored(t, new Source(first(), 0, -1, Map.of()), t.layer() < 0);
        Shape shape = shape(t, like.shape());
        DType dtype = switch (config.output().dtype()) {
            case "float32" -> DType.F32;
            case "bfloat16" -> DType.BF16;
            case "float16" -> DType.F16;
            default -> like.dtype();
        };
        return new TensorSource(t.name(), dtype, shape, () -> rounded(merged(t, shape), shape, dtype));
    }

    private Tensor rounded(float[] values, Shape shape, DType dtype) {
        for (float v : values) {
            if (!Float.isFinite(v)) throw new MergeException("merge: a value that is not finite, in " + shape);
        }
        try (Kernels k = kernels.openStep()) {
            Tensor y = k.empty(dtype, shape);
            k.copy(k.of(shape, values), y);
            return k.toHost(y, Arena.ofAuto());
        }
    }

    private static String name(DType dtype) {
        return switch (dtype) {
            case BF16 -> "bfloat16";
            case F16 -> "float16";
            default -> "float32";
        };
    }

    /// The tensor in the model of `source`. A head that is not stored is the embedding, which it is tied to.
    private Tensor stored(OutputTensor t, Source source, boolean byOwnName) {
        Checkpoint c = model(source.model());
        String name = byOwnName ? t.name() : t.in(source);
        if (!c.has(name) && t.layer() >= 0) name = t.in(t.slice().sources().getFirst());
        if (c.has(name)) return c.tensor(name);
        if (name.equals(HEAD)) {
            Optional<String> table = c.names().stream()
                    .filter(n -> n.endsWith("embed_tokens.weight"))
                    .findFirst();
            if (table.isPresent()) return c.tensor(table.get());
        }
        throw new MergeException("%s: no tensor %s, which another model has".formatted(source.model(), name));
    }

    private List<Source> sources(OutputTensor t) {
        List<Source> all = new ArrayList<>(t.slice().sources());
        boolean included = config.base().isEmpty()
                || all.stream().anyMatch(s -> s.model().equals(config.base().get()));
        if (!included && !(config.rule() instanceof LinearMean)) {
            Source s = all.getFirst();
            all.add(new Source(config.base().orElseThrow(), s.from(), s.to(), Map.of()));
        }
        return all;
    }

    /// Common extents of the embeddings of different vocabularies; all others must be alike.
    private Shape shape(OutputTensor t, Shape like) {
        boolean table = t.layer() < 0 && like.rank() == 2;
        int[] dims = like.toArray();
        for (Source s : sources(t)) {
            Shape other = stored(t, s, false).shape();
            if (other.equals(like)) continue;
            if (!table || other.rank() != 2) {
                throw new MergeException(
                        "%s: %s is %s, expected %s as in %s".formatted(s.model(), t.name(), other, like, first()));
            }
            for (int i = 0; i < 2; i++) dims[i] = Math.min(dims[i], other.dim(i));
        }
        Shape common = Shape.of(dims);
        if (!common.equals(like)) {
            notes.add("%s: cut to %s, which all models have".formatted(t.name(), common));
        }
        return common;
    }

    private float[] merged(OutputTensor t, Shape shape) {
        List<Given> base = new ArrayList<>();
        List<Given> others = new ArrayList<>();
        for (Source s : sources(t)) {
            float[] values = cut(stored(t, s, false), shape);
            Given g = new Given(s.model(), values, p -> t.knob(config, Optional.of(s), p));
            boolean isBase = config.base().filter(s.model()::equals).isPresent();
            (isBase && !(config.rule() instanceof LinearMean) ? base : others).add(g);
        }
        int rows = shape.rank() > 1 ? shape.dim(0) : 1;
        Given global = new Given("merge", new float[0], p -> t.knob(config, Optional.empty(), p));
        long own = new SplittableRandom(seed ^ ((long) t.name().hashCode() << 20)).nextLong();
        return config.rule().merge(new MergeRule.Task(t.name(), rows, base, others, global, own));
    }

    private float[] cut(Tensor t, Shape shape) {
        float[] all = kernels.download(kernels.fromHost(t));
        if (t.shape().equals(shape)) return all;
        float[] some = new float[shape.size()];
        for (int r = 0; r < shape.dim(0); r++) {
            System.arraycopy(all, r * t.shape().dim(1), some, r * shape.dim(1), shape.dim(1));
        }
        return some;
    }

    private void sideFiles(Path out, Map<String, Object> json, List<TensorSource> sources) {
        String of = switch (config.output().tokenizer()) {
            case "base" -> first();
            case "union" -> requireOneTokenizer();
            default -> config.output().tokenizer();
        };
        if (!models.containsKey(of)) {
            throw new MergeException(
                    "tokenizer_source: %s, expected base, union or one of %s".formatted(of, models.keySet()));
        }
        List<Path> files = new ArrayList<>(ModelFolder.sideFiles(model(of).folder()));
        String template = config.output().template();
        if (template.isEmpty()) {
            ModelFolder.write(out, json, sources, files);
            return;
        }
        try {
            Path extra = Files.createTempDirectory("gradine-template");
            Path file = Files.writeString(extra.resolve("chat_template.jinja"), template);
            files.removeIf(f -> f.endsWith("chat_template.jinja"));
            files.add(file);
            try {
                ModelFolder.write(out, json, sources, files);
            } finally {
                Files.delete(file);
                Files.delete(extra);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The union of equal vocabularies is any of them.
    private String requireOneTokenizer() {
        String first = first();
        for (String m : models.keySet()) {
            try {
                Path a = model(first).folder().resolve("tokenizer.json");
                Path b = model(m).folder().resolve("tokenizer.json");
                if (Files.mismatch(a, b) != -1) {
                    throw new MergeException(
                            "tokenizer_source: union, but the tokenizers of %s and %s differ; expected base or a model"
                                    .formatted(first, m));
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return first;
    }
}
