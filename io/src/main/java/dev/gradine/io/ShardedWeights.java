package dev.gradine.io;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A checkpoint in several `.safetensors` files, by its `model.safetensors.index.json`, or in several `.bin` files of
/// PyTorch, by its `pytorch_model.bin.index.json`:
///
/// ```
/// {"metadata": {...}, "weight_map": {"NAME": "model-00001-of-00002.safetensors", ...}}
/// ```
///
/// A shard is named without a folder and lies beside the index; the index cannot reach anywhere else.
public final class ShardedWeights implements WeightFile {

    private final Path path;
    private final Map<String, WeightFile> shardOf;
    private final int shards;

    private ShardedWeights(Path path, Map<String, WeightFile> shardOf, int shards) {
        this.path = path;
        this.shardOf = shardOf;
        this.shards = shards;
    }

    /// Maps every shard and checks that each tensor is where the index says.
    ///
    /// @param arena keeps the maps: tensors must not outlive it
    /// @throws CheckpointException names the index or shard, the tensor and what is wrong with it
    public static ShardedWeights open(Path index, Arena arena) {
        if (!(Json.readObject(index).get("weight_map") instanceof Map<?, ?> map)) {
            throw new CheckpointException(index, "weight_map is not an object");
        }
        Map<String, WeightFile> shards = new HashMap<>();
        Map<String, WeightFile> shardOf = new LinkedHashMap<>();
        for (Map.Entry<?, ?> e : map.entrySet()) {
            String name = (String) e.getKey();
            String file = shardName(index, name, e.getValue());
            WeightFile shard = shards.computeIfAbsent(file, f -> openShard(index, f, name, arena));
            if (!shard.names().contains(name)) {
                throw new CheckpointException(index, "tensor %s: not in %s".formatted(name, file));
            }
            shardOf.put(name, shard);
        }
        return new ShardedWeights(index, shardOf, shards.size());
    }

    private static String shardName(Path index, String tensor, Object value) {
        boolean plain = value instanceof String s
                && (s.endsWith(".safetensors") || s.endsWith(".bin"))
                && s.indexOf('/') < 0
                && s.indexOf('\\') < 0
                && s.indexOf(':') < 0
                && s.indexOf('\0') < 0;
        if (!plain) {
            throw new CheckpointException(
                    index,
                    "tensor %s: shard is %s, expected the name of a .safetensors or .bin file in the same folder"
                            .formatted(tensor, Shown.of(value)));
        }
        return (String) value;
    }

    private static WeightFile openShard(Path index, String file, String tensor, Arena arena) {
        Path shard = index.resolveSibling(file);
        if (!Files.exists(shard)) {
            throw new CheckpointException(index, "tensor %s: shard %s is missing".formatted(tensor, file));
        }
        return file.endsWith(".bin") ? TorchFile.open(shard, arena) : Safetensors.open(shard, arena);
    }

    @Override
    public Path path() {
        return path;
    }

    @Override
    public String format() {
        boolean isTorch = shardOf.values().stream().anyMatch(TorchFile.class::isInstance);
        return "%s in %d shards".formatted(isTorch ? "PyTorch" : "safetensors", shards);
    }

    @Override
    public List<TensorInfo> tensors() {
        Map<String, TensorInfo> all = new HashMap<>();
        shardOf.values().stream()
                .distinct()
                .forEach(s -> s.tensors().forEach(t -> {
                    if (s.equals(shardOf.get(t.name()))) all.put(t.name(), t);
                }));
        return shardOf.keySet().stream().map(all::get).toList();
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(shardOf.keySet());
    }

    @Override
    public Tensor tensor(String name) {
        WeightFile shard = shardOf.get(name);
        if (shard == null) throw new CheckpointException(path, "no tensor " + name);
        return shard.tensor(name);
    }
}
