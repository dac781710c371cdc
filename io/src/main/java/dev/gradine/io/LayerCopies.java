package dev.gradine.io;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A deeper model made of the layers of a checkpoint, some of them more than once: `0 1 2 3 2 3 4`.
///
/// Copies of a layer have the same values, and places of their own for adapters. Merged with different adapters they
/// are different layers.
///
/// @param sources for each layer of the deeper model, the number of the layer it is a copy of; empty for the
///     checkpoint as it is
public record LayerCopies(List<Integer> sources) {

    /// The checkpoint as it is.
    public static final LayerCopies NONE = new LayerCopies(List.of());

    private static final Pattern LAYER = Pattern.compile("(model\\.layers\\.)(\\d{1,6})(\\..*)");
    private static final String COUNT = "num_hidden_layers";
    private static final String TYPES = "layer_types";

    /// Whether the checkpoint is taken as it is.
    public boolean isNone() {
        return sources.isEmpty();
    }

    /// The configuration of the deeper model.
    ///
    /// @throws IllegalArgumentException if layers differ by their number in a way that copies would not keep
    Map<String, Object> config(Map<String, Object> own) {
        if (isNone()) return own;
        if (!(own.get(COUNT) instanceof Integer layers)) {
            throw new IllegalArgumentException("layer-replication: the configuration has no " + COUNT);
        }
        for (int s : sources) {
            if (s < 0 || s >= layers) {
                throw new IllegalArgumentException(
                        "layer-replication: layer %d, expected 0 to %d".formatted(s, layers - 1));
            }
        }
        Map<String, Object> deeper = new LinkedHashMap<>(own);
        deeper.put(COUNT, sources.size());
        if (own.get(TYPES) instanceof List<?> types && types.size() == layers) {
            deeper.put(TYPES, sources.stream().<Object>map(types::get).toList());
        } else {
            requireAlike(own);
        }
        return deeper;
    }

    /// Without `layer_types`, some families tell layers apart by their numbers.
    private static void requireAlike(Map<String, Object> own) {
        String type = String.valueOf(own.get("model_type"));
        boolean byNumber = (type.startsWith("gemma") && !type.equals("gemma"))
                || Boolean.TRUE.equals(own.get("use_sliding_window"))
                || (own.get("mlp_only_layers") instanceof List<?> l && !l.isEmpty())
                || (own.get("decoder_sparse_step") instanceof Integer n && n != 1);
        if (!byNumber) return;
        throw new IllegalArgumentException(
                "layer-replication: layers of this %s differ by their number, expected".formatted(type)
                        + " layers that are alike, or a configuration with " + TYPES);
    }

    /// The tensors of the deeper model, by name.
    ///
    /// @param own what the checkpoint has, by name
    <T> Map<String, T> names(Map<String, T> own) {
        if (isNone()) return own;
        Map<Integer, Map<String, T>> layers = new LinkedHashMap<>();
        Map<String, T> deeper = new LinkedHashMap<>();
        own.forEach((name, value) -> {
            Matcher m = LAYER.matcher(name);
            if (!m.matches()) deeper.put(name, value);
            else
                layers.computeIfAbsent(Integer.valueOf(m.group(2)), _ -> new LinkedHashMap<>())
                        .put(m.group(3), value);
        });
        for (int i = 0; i < sources.size(); i++) {
            String prefix = "model.layers." + i;
            layers.getOrDefault(sources.get(i), Map.of()).forEach((name, value) -> deeper.put(prefix + name, value));
        }
        return deeper;
    }

    /// Layers of ranges `[first, behind the last)`, one behind the other.
    public static LayerCopies of(List<List<Integer>> ranges) {
        List<Integer> sources = new ArrayList<>();
        for (List<Integer> r : ranges) for (int l = r.getFirst(); l < r.getLast(); l++) sources.add(l);
        return new LayerCopies(sources);
    }
}
