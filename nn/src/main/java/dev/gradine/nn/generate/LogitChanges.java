package dev.gradine.nn.generate;

import java.util.Map;
import java.util.function.IntPredicate;

/// What happens to the logits z of a step before a token is drawn, in this order:
///
/// ```
/// z[t] += bias[t]
/// z[t] = z[t] > 0 ? z[t] / repetition : z[t] · repetition     for each t in the prompt or the text so far
/// z[t] −= presence · [n(t) > 0] + frequency · n(t)            n(t): how often t is in the text so far
/// z[t] = −10³⁰                                                for each end, while the text has fewer than minTokens
/// ```
///
/// Repetition: Keskar et al. 2019, "CTRL" (arXiv:1909.05858), section 4.1, in the form of transformers. The other two
/// are those of the OpenAI API.
///
/// @param bias by token
/// @param repetition above 0; 1 for none
/// @param frequency 0 for none
/// @param presence 0 for none
/// @param minTokens before which no end is drawn
public record LogitChanges(Map<Integer, Float> bias, float repetition, float frequency, float presence, int minTokens) {

    private static final float NEVER = -1e30f; // finite, as logits must be

    /// Nothing.
    public static final LogitChanges NONE = new LogitChanges(Map.of(), 1, 0, 0, 0);

    /// @throws IllegalArgumentException if a number is out of range
    public LogitChanges {
        bias = Map.copyOf(bias);
        if (!(repetition > 0) || Float.isInfinite(repetition)) {
            throw new IllegalArgumentException("repetition penalty: " + repetition + ", expected above 0");
        }
        if (!Float.isFinite(frequency) || !Float.isFinite(presence)) {
            throw new IllegalArgumentException(
                    "penalties: frequency %s, presence %s, expected finite numbers".formatted(frequency, presence));
        }
        if (minTokens < 0) {
            throw new IllegalArgumentException("minimum of tokens: " + minTokens + ", expected at least 0");
        }
    }

    /// Whether nothing happens.
    boolean isNone() {
        return equals(NONE);
    }

    /// Changes `logits`.
    ///
    /// @param prompt its tokens
    /// @param text tokens so far, of which `count` are written
    void apply(float[] logits, int[] prompt, int[] text, int count, IntPredicate isEnd) {
        bias.forEach((t, b) -> {
            if (t < logits.length) logits[t] += b;
        });
        if (repetition != 1) repetition(logits, prompt, text, count);
        if (frequency != 0 || presence != 0) counted(logits, text, count);
        if (count < minTokens) {
            for (int t = 0; t < logits.length; t++) if (isEnd.test(t)) logits[t] = NEVER;
        }
    }

    private void repetition(float[] logits, int[] prompt, int[] text, int count) {
        boolean[] seen = new boolean[logits.length];
        for (int t : prompt) seen[t] = true;
        for (int i = 0; i < count; i++) seen[text[i]] = true;
        for (int t = 0; t < logits.length; t++) {
            if (seen[t]) logits[t] = logits[t] > 0 ? logits[t] / repetition : logits[t] * repetition;
        }
    }

    private void counted(float[] logits, int[] text, int count) {
        int[] times = new int[logits.length];
        for (int i = 0; i < count; i++) times[text[i]]++;
        for (int t = 0; t < logits.length; t++) {
            if (times[t] > 0) logits[t] -= presence + frequency * times[t];
        }
    }
}
