package dev.gradine.nn.generate;

import dev.gradine.tensor.kernel.SamplingParams;
import java.util.function.IntPredicate;

/// How a text is written.
///
/// @param sampling how a token is drawn
/// @param changes what happens to the logits before
/// @param maxTokens most tokens to write
/// @param isEnd whether a token ends the text; it is not written
/// @param reports what is told of a token beside its id
/// @param draft guesses that save passes and change no token
public record WritingRule(
        SamplingParams sampling,
        LogitChanges changes,
        int maxTokens,
        IntPredicate isEnd,
        Reports reports,
        Draft draft) {

    /// What is told of a token.
    ///
    /// @param likeliest how many of the likeliest tokens are named with each, 0 for none
    /// @param logProbs whether log-probabilities are computed
    /// @param prompt whether those of the prompt are, too; they are always the model's own
    /// @param drawn whether they are those that a token is drawn by, rather than the model's own
    public record Reports(boolean logProbs, int likeliest, boolean prompt, boolean drawn) {

        /// Ids alone.
        public static final Reports IDS = new Reports(false, 0, false);

        /// The model's own.
        public Reports(boolean logProbs, int likeliest, boolean prompt) {
            this(logProbs, likeliest, prompt, false);
        }

        /// @throws IllegalArgumentException if tokens are named without their log-probabilities
        public Reports {
            if (likeliest < 0 || (!logProbs && (likeliest > 0 || prompt))) {
                throw new IllegalArgumentException("reports: " + likeliest + " likeliest tokens"
                        + (prompt ? " and those of the prompt" : "") + " without log-probabilities, expected them");
            }
        }
    }

    /// Without a draft.
    public WritingRule(
            SamplingParams sampling, LogitChanges changes, int maxTokens, IntPredicate isEnd, Reports reports) {
        this(sampling, changes, maxTokens, isEnd, reports, Draft.NONE);
    }

    /// @throws IllegalArgumentException if there is no token to write and none to be told of
    public WritingRule {
        if (maxTokens < 0 || (maxTokens == 0 && !reports.prompt)) {
            throw new IllegalArgumentException(
                    "generate: %d tokens to write, expected at least 1".formatted(maxTokens));
        }
    }

    /// Draws by `sampling` alone, and reports ids alone.
    public static WritingRule of(SamplingParams sampling, int maxTokens, IntPredicate isEnd) {
        return new WritingRule(sampling, LogitChanges.NONE, maxTokens, isEnd, Reports.IDS);
    }
}
