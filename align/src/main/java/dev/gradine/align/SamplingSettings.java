package dev.gradine.align;

import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;

/// How answers are sampled while a policy learns from them.
///
/// @param maxCompletion most tokens of an answer
/// @param temperature what logits are divided by
/// @param topK likeliest tokens that may be drawn
/// @param topP sum of probabilities that may be drawn
public record SamplingSettings(
        @Option(says = "Most tokens of a sampled answer.", label = "TOKENS", least = 1)
        @Usual(
                from = 8,
                to = 8192,
                why = "256 tokens hold most answers; TRL has 512",
                source = "TRL: max_completion_length 512")
        int maxCompletion,

        @Option(says = "What logits are divided by in sampling and, but for online-dpo, in the loss.")
        @Usual(
                from = 0.5,
                to = 1.5,
                why = "the policy itself: its log-probabilities are those of the loss",
                source = "Shao et al. 2024; TRL: 1")
        float temperature,

        @Option(says = "Likeliest tokens that may be drawn; 0 for all.", label = "N", least = 0)
        @Usual(from = 0, to = 1000, why = "all tokens, so that samples are the policy's", source = "TRL: 0")
        int topK,

        @Option(says = "Draw among the likeliest tokens whose probabilities add up to so much.", label = "P")
        @Usual(from = 0.5, to = 1, why = "all tokens, so that samples are the policy's", source = "TRL: 1")
        float topP) {

    /// @throws IllegalArgumentException if a number is out of range
    public SamplingSettings {
        if (!(temperature > 0)) {
            throw new IllegalArgumentException(
                    "temperature: %s, expected > 0 (always the likeliest token gives answers".formatted(temperature)
                            + " that are all alike)");
        }
        if (!(topP > 0 && topP <= 1)) {
            throw new IllegalArgumentException("top-p: %s, expected above 0 and at most 1".formatted(topP));
        }
    }

    /// All tokens at temperature 1, at most 256 an answer.
    public static SamplingSettings defaults() {
        return new SamplingSettings(256, 1, 0, 1);
    }
}
