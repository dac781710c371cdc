package dev.gradine.nn.generate;

import java.util.Arrays;

/// Guesses the next tokens of a text, which the model then reads in one pass instead of one after the
/// other: speculative decoding. Leviathan et al. 2022 (arXiv:2211.17192).
///
/// ```
/// read x, d₁ … d_k      draw t₁ behind x, and as long as t_i = d_i, t_{i+1} behind d_i
/// ```
///
/// Each token is drawn from the model's own distribution with the text's own generator: on the CPU, where products sum
/// by row, the text is the same to the last token as without a draft, drawn or greedy.
@FunctionalInterface
public interface Draft {

    /// No guess.
    Draft NONE = (_, _) -> new int[0];

    /// The tokens that may come next.
    ///
    /// @param tokens of the prompt and of the text so far
    /// @param most how many are of use
    int[] next(int[] tokens, int most);

    /// What followed the last `longest` tokens, or fewer, where they stood before: for texts that repeat their prompt.
    /// Saxena 2023, "Prompt lookup decoding".
    ///
    /// @param count tokens guessed at most
    /// @param longest tokens looked up at most
    /// @throws IllegalArgumentException if one of them is not positive
    static Draft lookup(int count, int longest) {
        if (count < 1 || longest < 1) {
            throw new IllegalArgumentException(
                    "prompt lookup: %d tokens behind %d, expected at least 1 of each".formatted(count, longest));
        }
        return (tokens, most) -> {
            for (int n = Math.min(longest, tokens.length - 1); n > 0; n--) {
                int at = lastBefore(tokens, n);
                if (at < 0) continue;
                int from = at + n;
                return Arrays.copyOfRange(tokens, from, Math.min(tokens.length, from + Math.min(count, most)));
            }
            return new int[0];
        };
    }

    /// Where the last `n` tokens stood before, the latest place; −1 if nowhere.
    private static int lastBefore(int[] tokens, int n) {
        int end = tokens.length - n;
        for (int at = end - 1; at >= 0; at--) {
            if (Arrays.equals(tokens, at, at + n, tokens, end, tokens.length)) return at;
        }
        return -1;
    }
}
