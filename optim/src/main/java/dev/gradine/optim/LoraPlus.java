package dev.gradine.optim;

import static dev.gradine.optim.Ranges.require;

import dev.gradine.autograd.Param;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/// LoRA+: the factor B of a LoRA learns faster than A, with any optimiser.
///
/// ```
/// lr_A = lr      lr_B = ratio · lr      and a rate of its own for LoRA over embeddings
/// ```
///
/// Hayou, Ghosh & Yu 2024 (arXiv:2402.12354), section 4: with equal rates features are learnt too slowly in
/// wide models; a ratio of about 16 and a smaller lr did best (section 5). As in PEFT, whatever is a vector
/// learns as fast as B.
///
/// @param loraplusLrRatio rate of B and of vectors, as a multiple of lr; null for no LoRA+
/// @param loraplusLrEmbedding rate of LoRA over embeddings; null for 1e-6
public record LoraPlus(
        @Option(
                says = "LoRA+: learning rate of B, and of vectors, as a multiple of --lr; 16 in the paper.",
                group = "Optimiser",
                otherwise = "one rate for all")
        @Usual(
                from = 1,
                to = 32,
                why = "one rate for all; 16 in the paper, with a lower --lr",
                source = "Hayou et al. 2024 (LoRA+); PEFT: none")
        @Nullable
        Double loraplusLrRatio,

        @Option(says = "LoRA+: learning rate of LoRA over embeddings.", group = "Optimiser", otherwise = "1e-6")
        @Usual(
                from = 1e-7,
                to = 0.001,
                why = "PEFT's, for embeddings see only few of their rows in a step",
                source = "PEFT: loraplus_lr_embedding 1e-6")
        @Nullable
        Double loraplusLrEmbedding) {

    private static final double USUAL_EMBEDDING = 1e-6; // PEFT's

    /// One rate for all.
    public static final LoraPlus NONE = new LoraPlus(null, null);

    /// @throws IllegalArgumentException names the number that is out of range, or given without the other
    public LoraPlus {
        if (loraplusLrRatio != null) {
            require("loraplus-lr-ratio", loraplusLrRatio, loraplusLrRatio > 0, "above 0");
        }
        if (loraplusLrEmbedding != null) {
            boolean isUsed = loraplusLrRatio != null && loraplusLrEmbedding >= 0;
            require("loraplus-lr-embedding", loraplusLrEmbedding, isUsed, "at least 0, with --loraplus-lr-ratio");
        }
    }

    /// Fails where it would do nothing.
    ///
    /// @throws IllegalArgumentException says what is missing
    void requireUse(SequencedMap<String, Param> params, double lr) {
        if (loraplusLrRatio == null) return;
        boolean overEmbedding = has(params, ".lora_embedding_");
        boolean isLora = overEmbedding || has(params, ".lora_A");
        require("loraplus-lr-ratio", loraplusLrRatio, isLora, "an adapter with the factors of a LoRA");
        if (loraplusLrEmbedding != null) {
            require("loraplus-lr-embedding", loraplusLrEmbedding, overEmbedding, "a LoRA over an embedding");
        }
        require("lr", lr, !overEmbedding || lr > 0, "above 0, with LoRA+ over an embedding");
    }

    private static boolean has(SequencedMap<String, Param> params, String part) {
        return params.keySet().stream().anyMatch(name -> name.contains(part));
    }

    /// Factor of the learning rate `lr` for a parameter.
    ///
    /// @param name as PEFT's files have it
    double factor(String name, Param p, double lr) {
        if (loraplusLrRatio == null) return 1;
        if (name.contains(".lora_embedding_")) {
            return (loraplusLrEmbedding == null ? USUAL_EMBEDDING : loraplusLrEmbedding) / lr;
        }
        return name.contains("lora_B") || p.value().shape().rank() == 1 ? loraplusLrRatio : 1;
    }
}
