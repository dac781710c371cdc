package dev.gradine.models;

import dev.gradine.io.Checkpoint;
import dev.gradine.io.CheckpointException;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/// Tensors that are in a file and in no layer.
///
/// In a GGUF file each tensor belongs to what the model computes, so one without a place is an error, as in llama.cpp.
/// Elsewhere it may be anything, and transformers leaves it out; here it is named.
final class UnusedTensors {

    /// What files carry that every reader computes itself, and a head that is the embedding.
    private static final Pattern KNOWN =
            Pattern.compile("(.*\\.)?(rotary_emb\\.inv_freq|attn\\.bias|attn\\.masked_bias|lm_head\\.weight)");

    private static final int MOST_NAMED = 3;

    private UnusedTensors() {}

    /// Those of a checkpoint beside the ones that the model took.
    ///
    /// @throws CheckpointException if there is one in a GGUF file
    static List<String> of(Checkpoint c, Set<String> used) {
        List<String> unused = c.names().stream()
                .filter(name -> !used.contains(name) && !KNOWN.matcher(name).matches())
                .toList();
        if (c.hasGgufMetadata() && !unused.isEmpty()) {
            throw new CheckpointException(
                    c.path(),
                    "tensor %s: has no place in a %s"
                            .formatted(
                                    c.storedName(unused.getFirst()), c.config().get("model_type")));
        }
        return unused;
    }

    /// One line that names them, or none.
    static List<String> notes(Checkpoint c, List<String> unused) {
        int n = unused.size();
        if (n == 0) return List.of();
        String named = String.join(", ", unused.subList(0, Math.min(n, MOST_NAMED)));
        String more = n > MOST_NAMED ? " and %d more".formatted(n - MOST_NAMED) : "";
        return List.of("%s: %d %s no place in a %s and %s left out: %s%s"
                .formatted(
                        c.path(),
                        n,
                        n == 1 ? "tensor has" : "tensors have",
                        c.config().get("model_type"),
                        n == 1 ? "is" : "are",
                        named,
                        more));
    }
}
