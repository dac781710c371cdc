package dev.gradine.io;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The weights and configuration of a model, whatever file they come from: Hugging Face's names, its row order, its
/// configuration keys.
///
/// A folder is read by the first of these it has: `model.safetensors`; `model.safetensors.index.json`;
/// `pytorch_model.bin`; `pytorch_model.bin.index.json`; its only `.gguf`; its only `.bin`. Safetensors and PyTorch's
/// need a `config.json` beside them. A GGUF file or a llama2.c `.bin` carries its
/// own configuration; a `config.json` beside a GGUF adds the keys that GGUF lacks and must not contradict its sizes.
///
/// A weight of codes and its scales are one tensor: see `BitsAndBytes`, `Fp8`, `PackedInt4` and
/// `Mxfp4`.
///
/// Tied output weights appear once: `lm_head.weight` is absent and `tie_word_embeddings` true where a GGUF or `.bin`
/// has none or an equal one.
public final class Checkpoint {

    private final WeightFile file;
    private final Map<String, Object> config;
    private final Map<String, StoredName> names;
    private final Arena arena;
    private final List<Assembled> assembled;
    private final Map<String, Tensor> changed = new ConcurrentHashMap<>();

    private Checkpoint(
            WeightFile file,
            Map<String, Object> config,
            Map<String, StoredName> names,
            List<Assembled> assembled,
            Arena arena) {
        this.file = file;
        this.assembled = assembled;
        this.config = Collections.unmodifiableMap(config);
        this.names = Collections.unmodifiableMap(names);
        this.arena = arena;
    }

    /// Maps the weights and checks all but their values.
    ///
    /// @param architectures of GGUF files that are understood
    /// @param arena keeps the map and what had to be copied: tensors must not outlive it. A shared one if several
    ///     threads will read
    /// @throws CheckpointException names the file, the place and the cause
    public static Checkpoint open(Path fileOrFolder, List<GgufArchitecture> architectures, Arena arena) {
        WeightFile file = WeightFile.open(fileOrFolder, arena);
        Path beside = file.path().resolveSibling("config.json");
        return switch (file) {
            case Safetensors s -> ofFolder(s, beside, arena);
            case ShardedWeights s -> ofFolder(s, beside, arena);
            case TorchFile t -> ofFolder(t, beside, arena);
            case Llama2c b -> new Checkpoint(b, Llama2cConfig.of(b), Llama2cNames.of(b), List.of(), arena);
            case Gguf g -> {
                GgufModel model = new GgufModel(g, architectures);
                Map<String, StoredName> names = model.names();
                Map<String, Object> own = model.config(names);
                Map<String, Object> config = Files.exists(beside) ? GgufConfig.merge(model, own, beside) : own;
                yield new Checkpoint(g, config, names, List.of(), arena);
            }
        };
    }

    private static Checkpoint ofFolder(WeightFile file, Path config, Arena arena) {
        Map<String, Object> keys = Json.readObject(config);
        List<Assembled> assembled = List.of(
                BitsAndBytes.of(file),
                Fp8.of(file, keys, arena),
                PackedInt4.of(file, keys, arena),
                Mxfp4.of(file, arena));
        Map<String, StoredName> names = StoredName.same(file);
        for (Assembled a : assembled) a.rename(names);
        return new Checkpoint(file, keys, TrunkNames.full(names), assembled, arena);
    }

    /// The checkpoint of a deeper model, made of the layers of this one; nothing is copied.
    ///
    /// @throws IllegalArgumentException if there is no such layer, or layers differ by their numbers
    public Checkpoint with(LayerCopies copies) {
        return copies.isNone()
                ? this
                : new Checkpoint(file, copies.config(config), copies.names(names), assembled, arena);
    }

    /// The file that was read; of a folder, the one that was chosen.
    public Path path() {
        return file.path();
    }

    /// The folder of that file, where a tokenizer may lie.
    public Path folder() {
        Path parent = path().toAbsolutePath().getParent();
        return parent == null ? path() : parent; // a file has one
    }

    /// Name of the format, such as `safetensors` or `gguf v3`.
    public String format() {
        return file.format();
    }

    /// The file with its own names and types, for listings.
    public WeightFile file() {
        return file;
    }

    /// Keys and values of a Hugging Face `config.json`; null for JSON's null. Numbers are `Integer`, `Long` or
    /// `Double`.
    public Map<String, Object> config() {
        return config;
    }

    /// Names of all tensors, in the order of the file, such as `model.layers.0.self_attn.q_proj.weight`.
    public Set<String> names() {
        return names.keySet();
    }

    /// How the file spells a name of `names()`.
    public String storedName(String name) {
        StoredName stored = names.get(name);
        return stored == null ? name : stored.name();
    }

    /// Whether there is a tensor of that name.
    public boolean has(String name) {
        return names.containsKey(name);
    }

    /// The values of one tensor, in host memory, most often a read-only view of the file.
    ///
    /// @throws CheckpointException if there is none of that name, or its type or shape cannot be loaded
    public Tensor tensor(String name) {
        StoredName stored = names.get(name);
        if (stored == null) throw new CheckpointException(path(), "no tensor " + name);
        if (stored.isAsStored()) return stored.in(stored(stored.name()));
        return changed.computeIfAbsent(name, _ -> changed(stored));
    }

    /// Gives the memory of a tensor's part of the file back to the system, where nobody needs it for now.
    /// Read again, it comes from the file again.
    public void forget(String name) {
        StoredName stored = names.get(name);
        if (stored == null || !file.names().contains(stored.name())) return;
        MappedPages.release(file.tensor(stored.name()).data());
    }

    private Tensor stored(String name) {
        for (Assembled a : assembled) if (a.has(name)) return a.tensor(name);
        return file.tensor(name);
    }

    private long values(TensorInfo t) {
        for (Assembled a : assembled) if (a.has(t.name())) return a.values(t);
        return t.values();
    }

    private Tensor changed(StoredName stored) {
        try {
            Tensor t = file.tensor(stored.name());
            if (!stored.second().isEmpty()) t = stored.pair().joined(t, file.tensor(stored.second()), arena);
            return stored.change().undone(t, arena);
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(path(), "tensor " + stored.name() + ": " + e.getMessage());
        }
    }

    /// Number of values of all tensors of `names()`.
    public long parameters() {
        Set<String> stored = new HashSet<>();
        for (StoredName s : names.values()) stored.addAll(List.of(s.name(), s.second()));
        return file.tensors().stream()
                .filter(t -> stored.contains(t.name()))
                .mapToLong(this::values)
                .sum();
    }

    /// Whether the file carries GGUF metadata, and with it a tokenizer.
    public boolean hasGgufMetadata() {
        return file instanceof Gguf;
    }

    /// The metadata of a GGUF file; see `Gguf.metadata`.
    ///
    /// @throws CheckpointException if the file is none
    public Map<String, Object> ggufMetadata() {
        if (!(file instanceof Gguf g))
            throw new CheckpointException(path(), "is %s, expected GGUF".formatted(format()));
        return g.metadata();
    }
}
