package dev.gradine.io;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Which tensors of a model go into which of its files, by the rule of huggingface_hub.
///
/// Tensors fill a file in their order until the next would make it larger than the limit. One that is larger
/// than the limit has a file of its own. One file is `model.safetensors`; of N files, number I is
/// `model-0000I-of-0000N.safetensors`, and `model.safetensors.index.json` says which holds what:
///
/// ```
/// {"metadata": {"total_parameters": VALUES, "total_size": BYTES}, "weight_map": {"TENSOR": "FILE", ...}}
/// ```
///
/// @param byFile names of files, with what each holds
record Shards(Map<String, List<TensorSource>> byFile) {

    /// Divides tensors.
    ///
    /// @param maxBytes limit of a file, of its values; at least 1
    static Shards of(Collection<TensorSource> tensors, long maxBytes) {
        List<List<TensorSource>> parts = new ArrayList<>();
        List<TensorSource> part = new ArrayList<>();
        long filled = 0;
        for (TensorSource t : tensors) {
            long bytes = bytes(t);
            if (bytes > maxBytes) {
                parts.add(List.of(t));
                continue;
            }
            if (filled + bytes > maxBytes) {
                parts.add(part);
                part = new ArrayList<>();
                filled = 0;
            }
            part.add(t);
            filled += bytes;
        }
        if (!part.isEmpty() || parts.isEmpty()) parts.add(part);
        return named(parts);
    }

    private static Shards named(List<List<TensorSource>> parts) {
        Map<String, List<TensorSource>> byFile = new LinkedHashMap<>();
        int n = parts.size();
        for (int i = 0; i < n; i++) {
            String name = n == 1 ? WeightFiles.SINGLE : "model-%05d-of-%05d.safetensors".formatted(i + 1, n);
            byFile.put(name, parts.get(i));
        }
        return new Shards(byFile);
    }

    private static long bytes(TensorSource t) {
        return t.dtype().bytes(t.shape().size());
    }

    boolean areSeveral() {
        return byFile.size() > 1;
    }

    /// The index of several files.
    Map<String, Object> index() {
        long values = 0;
        long bytes = 0;
        Map<String, Object> files = new TreeMap<>();
        for (var e : byFile.entrySet()) {
            for (TensorSource t : e.getValue()) {
                values += t.shape().size();
                bytes += bytes(t);
                files.put(t.name(), e.getKey());
            }
        }
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("total_parameters", values);
        metadata.put("total_size", bytes);
        Map<String, Object> index = new LinkedHashMap<>();
        index.put("metadata", metadata);
        index.put("weight_map", files);
        return index;
    }
}
