package dev.gradine.io;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the keys of an architecture mean that are not read: nothing for what is computed, or something we do not
/// compute. See llama.cpp's `gguf.md` for the keys.
///
/// Keys outside the architecture, such as `general.name` and `tokenizer.ggml.tokens`, describe the file or its
/// tokenizer.
final class GgufKeys {

    /// Without effect, whatever they say.
    private static final Set<String> WITHOUT_EFFECT = Set.of(
            "vocab_size", // the embedding's rows count
            "tensor_data_layout",
            "rope.scaling.original_context_length", // a parameter of yarn and longrope
            "rope.scaling.finetuned",
            "rope.scaling.yarn_beta_fast",
            "rope.scaling.yarn_beta_slow",
            "rope.scaling.yarn_log_multiplier",
            "expert_used_count"); // where expert_count is 0

    /// Without effect at one value.
    private static final Map<String, Object> NEUTRAL = Map.of(
            "attention.causal", true,
            "rope.scaling.attn_factor", 1.0,
            "rope.scaling.yarn_attn_factor", 1.0,
            "rope.scaling.yarn_ext_factor", -1.0,
            "logit_scale", 1.0,
            "embedding_scale", 1.0,
            "residual_scale", 1.0);

    private GgufKeys() {}

    /// Fails on a key that changes what is computed and that nothing has read, and on a file that is only a part.
    ///
    /// @param read keys that have been read
    /// @throws CheckpointException names the key and its value
    static void requireKnown(Gguf file, GgufArchitecture arch, Set<String> read) {
        requireWhole(file);
        String prefix = arch.name() + ".";
        file.metadata().forEach((key, value) -> {
            if (!key.startsWith(prefix) || read.contains(key)) return;
            String name = key.substring(prefix.length());
            if (WITHOUT_EFFECT.contains(name) || isOff(value) || isNeutral(NEUTRAL.get(name), value)) return;
            throw new CheckpointException(
                    file.path(),
                    "%s is %s, which is not computed here: expected no such key%s"
                            .formatted(
                                    key, Shown.of(value), NEUTRAL.containsKey(name) ? " or " + NEUTRAL.get(name) : ""));
        });
    }

    private static void requireWhole(Gguf file) {
        Object parts = file.metadata().get("split.count");
        if (parts instanceof Number n && n.longValue() > 1) {
            throw new CheckpointException(
                    file.path(),
                    "split.count is %s, expected a whole model: join its parts with llama.cpp's gguf-split --merge"
                            .formatted(n));
        }
        Object type = file.metadata().get("general.type");
        if (type != null && !type.equals("model")) {
            throw new CheckpointException(file.path(), "general.type is %s, expected model".formatted(Shown.of(type)));
        }
    }

    private static boolean isOff(Object value) {
        return switch (value) {
            case Boolean b -> !b;
            case Number n -> n.doubleValue() == 0;
            case String s -> s.isEmpty() || s.equals("none");
            default -> false;
        };
    }

    private static boolean isNeutral(@Nullable Object neutral, Object value) {
        return neutral instanceof Double d ? value instanceof Number n && n.doubleValue() == d : value.equals(neutral);
    }
}
