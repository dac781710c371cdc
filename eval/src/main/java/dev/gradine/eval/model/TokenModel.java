package dev.gradine.eval.model;

import dev.gradine.data.encode.LabelledTokens;
import java.util.List;
import java.util.function.IntConsumer;

/// A model as tokens: what `TextModel` needs of one. It is the door for other engines and for doubles in
/// tests.
public interface TokenModel {

    /// Longest input, in tokens.
    int maxTokens();

    /// How likely the labelled tokens of each sequence are.
    ///
    /// The last token of a sequence is predicted and never read, so a sequence has up to `maxTokens() +
    /// 1`.
    ///
    /// @param groups sequences that belong together and may begin alike
    /// @param done is told how many groups have been answered
    List<List<Response.Likelihood>> score(List<List<LabelledTokens>> groups, IntConsumer done);

    /// Continues prompts.
    ///
    /// @param prompts each at least one token, with room for `rule.maxTokens()` behind it
    /// @param onToken is told of each token as it is written
    /// @return the tokens of each, without the one that ended it
    List<int[]> write(List<int[]> prompts, GenerationRule rule, OnToken onToken);

    /// Watches texts being written.
    interface OnToken {

        /// Prompt `prompt` has got the token `token`; whether to go on with it.
        boolean goesOn(int prompt, int token);
    }
}
