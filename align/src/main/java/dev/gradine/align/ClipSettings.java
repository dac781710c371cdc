package dev.gradine.align;

import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import org.jspecify.annotations.Nullable;

/// How far a policy may move away from the one that sampled, before it gains nothing more.
///
/// @param ratio what is compared with what
/// @param epsilon ε: the smallest ratio that counts is 1 − ε; null where none is given
/// @param epsilonHigh ε⁺: the largest is 1 + ε⁺, for a capped ratio ε⁺ itself; null for ε
public record ClipSettings(
        @Option(says = "Ratio of new to old probability: token, or sequence (GSPO): of a whole answer, per token.")
        Ratio ratio,

        @Option(says = "How far a ratio may fall below 1.", otherwise = "0.2")
        @Usual(from = 0.05, to = 0.4, why = "0.2, as PPO", source = "Schulman et al. 2017 (PPO), table 1; TRL: 0.2")
        @Nullable
        Float epsilon,

        @Option(
                says = "How far it may rise above 1; of cispo the largest ratio itself.",
                otherwise = "as --epsilon; cispo needs it")
        @Usual(
                from = 0.05,
                to = 8,
                why = "as --epsilon; 0.28 keeps more variety, 5 is cispo's bound",
                source = "Yu et al. 2025 (DAPO), section 3.1; TRL: as epsilon")
        @Nullable
        Float epsilonHigh) {

    private static final float EPSILON = 0.2f;

    /// What is compared.
    public enum Ratio {
        /// Each token by itself.
        TOKEN,
        /// The geometric mean over the tokens of an answer. Zheng et al. 2025 (arXiv:2507.18071), eq. 7.
        SEQUENCE
    }

    /// @throws IllegalArgumentException if a number is out of range
    public ClipSettings {
        if (epsilon != null && !(epsilon > 0 && epsilon < 1)) {
            throw new IllegalArgumentException("epsilon: %s, expected above 0 and below 1".formatted(epsilon));
        }
        if (epsilonHigh != null && !(epsilonHigh > 0)) {
            throw new IllegalArgumentException("epsilon-high: %s, expected > 0".formatted(epsilonHigh));
        }
    }

    /// Of tokens, 0.2 to either side.
    public static ClipSettings defaults() {
        return new ClipSettings(Ratio.TOKEN, null, null);
    }

    /// The smallest ratio that counts.
    float low() {
        return 1 - (epsilon == null ? EPSILON : epsilon);
    }

    /// The largest.
    float high() {
        if (epsilonHigh != null) return 1 + epsilonHigh;
        return 1 + (epsilon == null ? EPSILON : epsilon);
    }

    /// The largest of a capped ratio.
    float cap() {
        if (epsilonHigh == null) {
            throw new IllegalArgumentException("epsilon-high: not given, expected the largest ratio, such as 5");
        }
        return epsilonHigh;
    }
}
