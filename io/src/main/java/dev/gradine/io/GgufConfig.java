package dev.gradine.io;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Completes the configuration that a GGUF file carries.
///
/// GGUF wins wherever it speaks. A `config.json` beside it adds the other keys, and the parameters of a rotary scaling
/// of which GGUF keeps only the resulting factors; without it such a file is an error, because leaving the scaling out
/// would be wrong from the first token on.
final class GgufConfig {

    /// Sizes: where the two differ, the `config.json` is of another model.
    private static final List<String> SIZES = List.of(
            "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads");

    private static final List<String> ROPE = List.of("rope_theta", "rope_scaling", "rope_parameters");

    private GgufConfig() {}

    /// Without a `config.json`.
    static Map<String, Object> alone(GgufModel model, Map<String, Object> own) {
        if (model.hasRopeFactors()) {
            throw model.fault("rope_freqs.weight: the rotary scaling it comes from is not in the file,"
                    + " expected a config.json beside it");
        }
        addScaling(model, own);
        return own;
    }

    /// With a `config.json`.
    static Map<String, Object> merge(GgufModel model, Map<String, Object> own, Path json) {
        Map<String, Object> other = Json.readObject(json);
        for (String key : SIZES) {
            Object theirs = other.get(key);
            if (theirs != null && !theirs.equals(own.get(key))) {
                throw new CheckpointException(
                        json,
                        "%s is %s, expected %s as in %s, which lies beside it"
                                .formatted(
                                        key,
                                        theirs,
                                        own.get(key),
                                        model.file().path().getFileName()));
            }
        }
        Map<String, Object> merged = new LinkedHashMap<>(other);
        ROPE.forEach(merged::remove);
        merged.putAll(own);
        if (model.hasRopeFactors()) merged.put("rope_scaling", scaling(json, other));
        else addScaling(model, merged);
        return merged;
    }

    /// The scaling under its older key, without the base, which is GGUF's.
    private static Map<String, Object> scaling(Path json, Map<String, Object> config) {
        for (String key : List.of("rope_scaling", "rope_parameters")) {
            if (config.get(key) instanceof Map<?, ?> m && m.containsKey("rope_type")) {
                Map<String, Object> scaling = new LinkedHashMap<>();
                m.forEach((k, v) -> scaling.put((String) k, v));
                scaling.remove("rope_theta");
                if (!"default".equals(scaling.get("rope_type"))) return scaling;
            }
        }
        throw new CheckpointException(json, "no rope_scaling, which the rope_freqs.weight of the GGUF beside it needs");
    }

    private static void addScaling(GgufModel model, Map<String, Object> config) {
        String key = model.key("rope.scaling.type");
        Object type = model.has(key) ? model.file().metadata().get(key) : "none";
        if ("none".equals(type)) return;
        if (!"linear".equals(type)) throw model.fault("%s is %s, expected none or linear".formatted(key, type));
        double factor = model.real(model.key("rope.scaling.factor"));
        config.put("rope_scaling", Map.of("rope_type", "linear", "factor", factor));
    }
}
