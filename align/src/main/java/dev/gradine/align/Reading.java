package dev.gradine.align;

/// How the policy reads what it learns from, where that is not plainly.
///
/// @param temperature what logits are divided by before they are probabilities
/// @param smoothing share of each target that is spread over the whole vocabulary
/// @param attentionGroup tokens within which attention stays in training, as in LongLoRA; 0 for all
/// @param noise strength of the noise on embeddings in training, as in NEFTune; 0 for none
/// @param agreement whether it is measured how likely two draws of the policy are to agree
/// @param scores whether the model has a head for labels, and what counts of a sequence is what it says
///     of the whole
public record Reading(
        float temperature, float smoothing, int attentionGroup, float noise, boolean agreement, boolean scores) {

    /// Plainly.
    public static final Reading PLAIN = new Reading(1, 0, 0, 0, false, false);

    /// For scores and other labels.
    public static final Reading SCORES = new Reading(1, 0, 0, 0, false, true);

    /// Plainly but for a temperature.
    public static Reading at(float temperature) {
        return new Reading(temperature, 0, 0, 0, false, false);
    }
}
