package dev.gradine.models;

import dev.gradine.io.Json;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// A model folder by hand: the weights a configuration asks for, and tensors of any type beside them.
final class TinyFolder {

    private final Map<String, Object> config;
    private final Map<String, Object> header = new LinkedHashMap<>();
    private final ByteArrayOutputStream values = new ByteArrayOutputStream();
    private final Map<String, float[]> weights = new LinkedHashMap<>();
    private final Map<String, Shape> shapes = new LinkedHashMap<>();

    /// @param config of any family; its weights are drawn from their names
    TinyFolder(Map<String, Object> config) {
        this.config = config;
        try (Kernels run = CpuKernels.open()) {
            Weights.Source source = (name, shape) -> {
                var t = TinyLlama.weight(run, name, shape);
                weights.put(name, run.download(t));
                shapes.put(name, shape);
                return t;
            };
            Families.builtIn().build(new ModelConfig(config), new Weights(source, run));
        }
        weights.forEach((name, v) -> {
            ByteBuffer b = ByteBuffer.allocate(4 * v.length).order(ByteOrder.LITTLE_ENDIAN);
            for (float x : v) b.putFloat(x);
            List<Integer> shape = new ArrayList<>();
            for (int d : Objects.requireNonNull(shapes.get(name)).toArray()) shape.add(d);
            with(name, "F32", shape, b.array());
        });
    }

    /// One more tensor.
    TinyFolder with(String name, String dtype, List<Integer> shape, byte[] bytes) {
        List<Integer> offsets = List.of(values.size(), values.size() + bytes.length);
        header.put(name, Map.of("dtype", dtype, "shape", shape, "data_offsets", offsets));
        values.writeBytes(bytes);
        return this;
    }

    /// The same without a tensor, whose bytes go to one that nobody asks for.
    TinyFolder without(String name) {
        header.put("unused." + name, Objects.requireNonNull(header.remove(name)));
        return this;
    }

    /// The same with another value in `config.json` than its weights were made by.
    TinyFolder claiming(String key, Object value) {
        config.put(key, value);
        return this;
    }

    /// The same with names that begin otherwise.
    TinyFolder renaming(String from, String to) {
        Map<String, Object> before = new LinkedHashMap<>(header);
        header.clear();
        before.forEach(
                (name, entry) -> header.put(name.startsWith(from) ? to + name.substring(from.length()) : name, entry));
        return this;
    }

    /// Any value under `__metadata__`.
    TinyFolder metadata(Object value) {
        header.put("__metadata__", value);
        return this;
    }

    /// `__metadata__` of JSON's null.
    TinyFolder nullMetadata() {
        header.put("__metadata__", null);
        return this;
    }

    /// The weights by Hugging Face's names.
    Map<String, float[]> weights() {
        return weights;
    }

    /// The shape of each.
    Map<String, Shape> shapes() {
        return shapes;
    }

    /// Bytes of `model.safetensors`.
    byte[] safetensors() {
        byte[] json = Json.line(header).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + json.length + values.size())
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .put(values.toByteArray())
                .array();
    }

    /// Writes `config.json` and `model.safetensors`.
    Path to(Path folder) {
        try {
            Json.write(folder.resolve("config.json"), config);
            Files.write(folder.resolve("model.safetensors"), safetensors());
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
