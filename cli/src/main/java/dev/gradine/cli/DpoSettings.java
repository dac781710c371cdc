package dev.gradine.cli;

import dev.gradine.align.DpoLoss;
import dev.gradine.align.PairBatch.Prompts;
import dev.gradine.align.PreferenceLoss;
import dev.gradine.settings.Option;
import org.jspecify.annotations.Nullable;

/// What `gradine dpo` minimises, and against which reference.
///
/// @param beta strength of the pull towards the reference, 1/nats
/// @param loss name of the loss of a pair
/// @param sharedPrompt whether the prompt of a pair is read once
/// @param reference what it is; null for the start of the run
/// @param precomputeReference whether its log-probabilities are computed before training
record DpoSettings(
        @Option(says = "Pull towards the reference, 1/nats.")
        float beta,

        @Option(says = "Loss of a pair: sigmoid.", label = "NAME")
        String loss,

        @Option(
                says = "Read the prompt of a pair once for each answer instead of once for both: slower, the same"
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

    static DpoSettings defaults() {
        return new DpoSettings(0.1f, "sigmoid", true, null, false);
    }

    /// @throws IllegalArgumentException if there is no loss of that name
    PreferenceLoss pairLoss() {
        if (loss.equals("sigmoid")) return new DpoLoss(beta);
        throw new IllegalArgumentException("--loss: \"%s\", expected \"sigmoid\"".formatted(loss));
    }

    Prompts prompts() {
        return sharedPrompt ? Prompts.SHARED : Prompts.REPEATED;
    }

    /// The same with the reference said.
    DpoSettings with(String name) {
        return new DpoSettings(beta, loss, sharedPrompt, name, precomputeReference);
    }
}
