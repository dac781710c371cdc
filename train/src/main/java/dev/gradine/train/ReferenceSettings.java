package dev.gradine.train;

import dev.gradine.settings.Option;
import org.jspecify.annotations.Nullable;

/// What a recipe compares the policy with.
///
/// @param sharedPrompt whether the prompt of several answers is read once
/// @param reference what it is; null for `start` with an adapter that was trained before, else `base`
/// @param precomputeReference whether its log-probabilities are computed before training
public record ReferenceSettings(
        @Option(
                says = "Read the prompt of several answers once for each instead of once for all: slower, the same"
                        + " but for rounding and the masks of --dropout.")
        boolean sharedPrompt,

        @Option(
                says = "Frozen reference: the model without adapter (base), the adapter as it was at the start"
                        + " (start), or another model.",
                label = "base|start|DIR",
                otherwise = "start with --init-adapter, else base; a fresh adapter changes nothing")
        @Nullable
        String reference,

        @Option(
                says = "Compute the reference's log-probabilities once, before training, and keep them beside"
                        + " --out, in OUT-reference.safetensors.",
                free = true)
        boolean precomputeReference) {

    /// What holds where nothing else is said.
    public static ReferenceSettings defaults() {
        return new ReferenceSettings(true, null, false);
    }

    /// The same with the reference said.
    public ReferenceSettings with(String name) {
        return new ReferenceSettings(sharedPrompt, name, precomputeReference);
    }
}
