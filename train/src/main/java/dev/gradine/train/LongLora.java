package dev.gradine.train;

import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.Model;
import dev.gradine.peft.AdapterSet;
import java.util.List;
import java.util.Optional;

/// What a run needs for LongLoRA beside attention within groups: examples longer than a group, and embeddings and norms
/// that are trained beside the adapter.
///
/// Chen et al. 2024 (arXiv:2309.12307), section 3.3: LoRA alone does not follow to long contexts, with embeddings and
/// norms trained it does.
final class LongLora {

    private LongLora() {}

    /// Fails if no example is longer than a group.
    ///
    /// @param group tokens of a group; 0 for none
    /// @throws IllegalArgumentException says how long the longest is
    static void require(int group, List<List<LabelledTokens>> groups) {
        int longest = groups.stream()
                .flatMap(List::stream)
                .mapToInt(LabelledTokens::tokens)
                .max()
                .orElse(0);
        if (group == 0 || group < longest) return;
        throw new IllegalArgumentException(
                "--longlora-group: %d, expected fewer than the %d tokens of the longest example"
                        .formatted(group, longest));
    }

    /// What is not trained although LongLoRA trains it.
    static Optional<String> note(int group, AdapterSet adapted) {
        Model model = adapted.model();
        boolean embeds = model.embeddings().stream()
                .anyMatch(e -> adapted.copies().keySet().stream()
                        .anyMatch(w -> w.module().equals(e.path())));
        boolean norms =
                adapted.copies().keySet().stream().anyMatch(w -> w.module().contains("norm"));
        if (group == 0 || (embeds && norms)) return Optional.empty();
        return Optional.of("--longlora-group: the embedding and the norms are not trained, which LongLoRA does:"
                + " --modules-to-save embed_tokens,norm in a Llama");
    }
}
