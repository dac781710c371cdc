package dev.gradine.nn.generate;

/// How a beam search goes. A text of n tokens, its end counted, scores
///
/// ```
/// Σ log p / n^α
/// ```
///
/// Wu et al. 2016 (arXiv:1609.08144), section 7, in the form of transformers.
///
/// @param beams B, texts that are continued at once
/// @param lengthPenalty α: above 0 favours longer texts, 0 is the plain sum
/// @param patience when the search ends
public record BeamRule(int beams, double lengthPenalty, Patience patience) {

    /// When a search ends, at the latest where texts may not be longer.
    public enum Patience {

        /// As soon as B texts are complete.
        FULL,

        /// As soon as B texts are complete and no open one, at its present length, scores above the worst of them.
        PRESENT_LENGTH,

        /// As soon as B texts are complete and no open one could score above the worst of them at the length that is
        /// best for it.
        ANY_LENGTH
    }

    /// @throws IllegalArgumentException if there is no beam, or α is no number
    public BeamRule {
        if (beams < 1) throw new IllegalArgumentException("beam search: " + beams + " beams, expected at least 1");
        if (!Double.isFinite(lengthPenalty)) {
            throw new IllegalArgumentException("length penalty: " + lengthPenalty + ", expected a finite number");
        }
    }

    /// @param sum of the log-probabilities of a text
    /// @param tokens of it, its end counted
    double score(double sum, int tokens) {
        return sum / Math.pow(tokens, lengthPenalty);
    }

    /// Length at which an open text may be compared with complete ones.
    ///
    /// @param tokens that it has
    /// @param most that it may have
    int comparedLength(int tokens, int most) {
        return patience == Patience.ANY_LENGTH && lengthPenalty > 0 ? most : tokens;
    }
}
