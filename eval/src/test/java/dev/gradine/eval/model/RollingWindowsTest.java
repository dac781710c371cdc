package dev.gradine.eval.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.data.encode.LabelledTokens;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Each token of a long text is predicted once, in windows the model can read.
class RollingWindowsTest {

    @Test
    void ten_tokens_in_windows_of_four() {
        int[] text = IntStream.range(0, 10).toArray();
        assertThat(RollingWindows.of(text, 99, 4))
                .containsExactly(
                        LabelledTokens.completion(new int[] {99, 0, 1, 2, 3}, 1),
                        LabelledTokens.completion(new int[] {3, 4, 5, 6, 7}, 1),
                        LabelledTokens.completion(new int[] {5, 6, 7, 8, 9}, 3));
    }

    @Test
    void every_token_is_predicted_once_whatever_the_lengths() {
        for (int n = 0; n < 20; n++) {
            for (int m = 1; m < 8; m++) {
                List<Integer> predicted = new ArrayList<>();
                for (LabelledTokens w : RollingWindows.of(IntStream.range(0, n).toArray(), 99, m)) {
                    assertThat(w.tokens()).isLessThanOrEqualTo(m + 1);
                    for (int t = w.promptTokens(); t < w.tokens(); t++) predicted.add(w.ids()[t]);
                }
                assertThat(predicted).isEqualTo(IntStream.range(0, n).boxed().toList());
            }
        }
    }
}
