package dev.gradine.io;

import java.util.LinkedHashMap;
import java.util.Map;

/// Names of a model that was saved without its head, as GPT-2's own files were: `wte.weight` for
/// `transformer.wte.weight`.
final class TrunkNames {

    /// The trunk's name in a whole model, by a weight that every trunk has.
    private static final Map<String, String> PREFIXES =
            Map.of("wte.weight", "transformer.", "embed_tokens.weight", "model.");

    private TrunkNames() {}

    /// The same tensors under the names of a whole model.
    static Map<String, StoredName> full(Map<String, StoredName> names) {
        for (Map.Entry<String, String> e : PREFIXES.entrySet()) {
            if (!names.containsKey(e.getKey())) continue;
            Map<String, StoredName> full = new LinkedHashMap<>();
            names.forEach((name, stored) -> full.put(name.startsWith("lm_head.") ? name : e.getValue() + name, stored));
            return full;
        }
        return names;
    }
}
