package dev.gradine.eval.model;

import dev.gradine.data.encode.LabelledTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Cuts a text longer than a model reads into windows in which each token is predicted once.
///
/// ```
/// 10 tokens, m = 4:   p t0 t1 t2 → t0 t1 t2 t3      t3 … t6 → t4 … t7      t5 … t8 → t8 t9 (after t5 t6 t7)
/// ```
///
/// The first window begins with the prefix p; a later one has as much context as fits beside what it
/// predicts, at least one token. lm-evaluation-harness, `get_rolling_token_windows` with `context_len` 1.
final class RollingWindows {

    private RollingWindows() {}

    /// The windows; their labelled tokens are what each predicts.
    ///
    /// @param max longest input m
    static List<LabelledTokens> of(int[] text, int prefix, int max) {
        List<LabelledTokens> windows = new ArrayList<>();
        if (text.length == 0) return windows;
        int first = Math.min(max, text.length);
        IntStream begin = IntStream.concat(IntStream.of(prefix), Arrays.stream(text, 0, first));
        windows.add(LabelledTokens.completion(begin.toArray(), 1));
        for (int done = first; done < text.length; ) {
            int predicted = Math.min(max, text.length - done);
            int end = done + predicted;
            int[] window = Arrays.copyOfRange(text, end - max - 1, end);
            windows.add(LabelledTokens.completion(window, window.length - predicted));
            done = end;
        }
        return windows;
    }
}
