package dev.gradine.cli.plan;

import dev.gradine.io.Checkpoint;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import dev.gradine.io.TensorInfo;
import dev.gradine.models.Families;
import dev.gradine.models.Models;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A model as a plan sees it: shapes from its configuration, bytes from its file where there is one; no weight is read.
///
/// @param name as it was given
/// @param model weights of shapes alone
/// @param config keys and values of `config.json`
/// @param stored bytes of each tensor of the file, by Hugging Face's names; empty where there is no file
public record PlanModel(String name, CausalLm model, Map<String, Object> config, Map<String, Long> stored) {

    private static final List<String> WEIGHTS = List.of(".safetensors", ".safetensors.index.json", ".gguf", ".bin");
    private static final Pattern BLOCK = Pattern.compile("\\.(\\d+)\\.");

    /// The model of a preset, of a `config.json`, or of a folder or file of weights.
    ///
    /// @param run lifetime of its shapes
    /// @throws CheckpointException names the file and what is wrong with it
    public static PlanModel of(String name, Kernels run) {
        Optional<PlanPreset> preset = PlanPreset.named(name);
        if (preset.isPresent()) return of(name, preset.get().config(), Map.of(), run);
        Path path = Path.of(name);
        if (!Files.exists(path)) {
            throw new CheckpointException(
                    path,
                    "no such file or folder, expected a model, a config.json or one of "
                            + String.join(", ", PlanPreset.names()));
        }
        if (path.toString().endsWith(".json")) return of(name, Json.readObject(path), Map.of(), run);
        Path config = path.resolve("config.json");
        boolean bare = Files.isRegularFile(config) && !hasWeights(path);
        return bare ? of(name, Json.readObject(config), Map.of(), run) : ofFile(name, path, run);
    }

    private static boolean hasWeights(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(f -> WEIGHTS.stream().anyMatch(f.toString()::endsWith));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PlanModel ofFile(String name, Path path, Kernels run) {
        try (Arena arena = Arena.ofConfined()) {
            Checkpoint c = Checkpoint.open(path, Families.builtIn().gguf(), arena);
            Map<String, Long> byFile = new HashMap<>();
            for (TensorInfo t : c.file().tensors()) byFile.put(t.name(), t.bytes());
            Map<String, Long> stored = new HashMap<>();
            for (String tensor : c.names()) stored.put(tensor, byFile.getOrDefault(c.storedName(tensor), 0L));
            return of(name, c.config(), stored, run);
        }
    }

    private static PlanModel of(String name, Map<String, Object> config, Map<String, Long> stored, Kernels run) {
        try {
            return new PlanModel(name, Models.shaped(config, run), config, stored);
        } catch (CheckpointException e) {
            throw e;
        } catch (IllegalArgumentException e) { // from the family, which knows nothing of files
            throw new CheckpointException(Path.of(name), String.valueOf(e.getMessage()));
        }
    }

    /// Every weight once: two that are tied are one.
    public List<Weight> weights() {
        Set<Object> known = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Weight> all = new ArrayList<>();
        for (Weight w : model.weights()) if (known.add(w.param())) all.add(w);
        return all;
    }

    /// Number of parameters.
    public long parameters() {
        return weights().stream().mapToLong(w -> w.shape().size()).sum();
    }

    /// Bytes of a value where no file tells them: 4 if the configuration says float32, else 2.
    public int valueBytes() {
        boolean f32 = "float32".equals(config.get("dtype")) || "float32".equals(config.get("torch_dtype"));
        return f32 ? 4 : 2;
    }

    /// Bytes of a weight as it is stored.
    public long bytes(Weight w) {
        return stored.getOrDefault(w.path(), (long) w.shape().size() * valueBytes());
    }

    /// Bytes of all weights as they are stored.
    public long bytes() {
        return weights().stream().mapToLong(this::bytes).sum();
    }

    /// Channels C: the width of a hidden state.
    public int channels() {
        return model.embeddings().getFirst().weight().shape().dim(1);
    }

    /// Heads of queries of one layer.
    public int heads() {
        Object heads = config.get(config.containsKey("n_head") ? "n_head" : "num_attention_heads");
        return heads instanceof Number n ? n.intValue() : 1;
    }

    /// Number of blocks.
    public int blocks() {
        return 1 + model.linears().stream().mapToInt(l -> block(l.path())).max().orElse(-1);
    }

    /// Linear layers of the blocks: all but the head.
    public List<Linear> blockLinears() {
        return model.linears().stream().filter(l -> block(l.path()) >= 0).toList();
    }

    /// Number of the block that a path lies in; −1 for none.
    static int block(String path) {
        Matcher m = BLOCK.matcher(path);
        return m.find() ? Integer.parseInt(m.group(1)) : -1;
    }
}
