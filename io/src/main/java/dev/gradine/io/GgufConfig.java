package dev.gradine.io;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Completes the configuration that a GGUF file carries with a `config.json` beside it.
///
/// GGUF wins wherever it speaks; the `config.json` adds the other keys. Of a rotary scaling GGUF keeps only the
/// resulting factors: the parameters of the `config.json` stand for them, if they give the same.
final class GgufConfig {

    /// Sizes: where the two differ, the `config.json` is of another model.
    private static final List<String> SIZES =
            List.of(GgufKey.HIDDEN, GgufKey.INNER, GgufKey.LAYERS, GgufKey.HEADS, GgufKey.KEY_HEADS);

    private static final List<String> ROPE = List.of("rope_theta", "rope_scaling", "rope_parameters");

    private GgufConfig() {}

    /// @param own configuration of the file
    static Map<String, Object> merge(GgufModel model, Map<String, Object> own, Path json) {
        Map<String, Object> other = Json.readObject(json);
        for (String size : SIZES) {
            String key = model.architecture().hf(size);
            Object theirs = other.get(key);
            if (theirs != null && !theirs.equals(own.get(key))) {
                throw new CheckpointException(
                        json,
                        "%s is %s, expected %s as in %s, which lies beside it"
                                .formatted(
                                        key,
                                        Shown.of(theirs),
                                        own.get(key),
                                        model.file().path().getFileName()));
            }
        }
        Map<String, Object> merged = new LinkedHashMap<>(other);
        ROPE.forEach(merged::remove);
        merged.putAll(own);
        Map<String, Object> theirs = scaling(other);
        if (model.hasRopeFactors() && !theirs.isEmpty()) {
            model.requireSameFactors(theirs);
            merged.put("rope_scaling", theirs);
        }
        return merged;
    }

    /// The scaling under its older key, without the base, which is GGUF's; empty for none.
    private static Map<String, Object> scaling(Map<String, Object> config) {
        for (String key : List.of("rope_scaling", "rope_parameters")) {
            if (!(config.get(key) instanceof Map<?, ?> m)) continue;
            Map<String, Object> scaling = new LinkedHashMap<>();
            m.forEach((k, v) -> scaling.put((String) k, v));
            scaling.remove("rope_theta");
            Object older = scaling.remove("type");
            if (older != null) scaling.putIfAbsent("rope_type", older);
            if (scaling.containsKey("rope_type") && !"default".equals(scaling.get("rope_type"))) return scaling;
        }
        return Map.of();
    }
}
