package dev.gradine.serve.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Against a search in the whole text.
class StopStringsTest {

    /// What is shown after each character of the text, joined by bars.
    private static String shown(String text, String... stops) {
        StopStrings looking = new StopStrings(List.of(stops));
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++)
            out.append(looking.take(text.substring(i, i + 1))).append('|');
        return out + looking.rest();
    }

    @Test
    void the_longest_end_that_may_begin_a_stop_is_held_back() {
        assertThat(shown("xaab", "aac")).isEqualTo("x|||aab|");
        assertThat(shown("xaaac", "aac")).isEqualTo("x|||a||");
        assertThat(shown("xa", "aac")).isEqualTo("x||a");
        assertThat(shown("abcd", "bcx", "cdx")).isEqualTo("a|||b|cd");
    }

    @Test
    void the_stop_that_is_whole_first_ends_the_text() {
        StopStrings looking = new StopStrings(List.of("lo", "el"));
        assertThat(looking.take("Hello")).isEqualTo("H");
        assertThat(looking.isFound()).isTrue();
        assertThat(looking.take("more") + looking.rest()).isEmpty();
    }

    @Test
    void pieces_of_any_size_show_what_stands_before_the_first_stop() {
        SplittableRandom random = new SplittableRandom(5);
        for (int round = 0; round < 2000; round++) {
            String text = letters(random, 12);
            List<String> stops = List.of(letters(random, 1 + random.nextInt(4)), letters(random, 3));
            StopStrings looking = new StopStrings(stops);
            StringBuilder shown = new StringBuilder();
            for (int from = 0; from < text.length(); ) {
                int to = Math.min(text.length(), from + 1 + random.nextInt(4));
                shown.append(looking.take(text.substring(from, to)));
                from = to;
            }
            shown.append(looking.rest());
            assertThat(shown).as("%s %s", text, stops).hasToString(before(text, stops));
        }
    }

    /// The text before the stop that is whole first; the longest of those that end together.
    private static String before(String text, List<String> stops) {
        for (int end = 1; end <= text.length(); end++) {
            String start = text.substring(0, end);
            int longest = stops.stream()
                    .filter(start::endsWith)
                    .mapToInt(String::length)
                    .max()
                    .orElse(0);
            if (longest > 0) return text.substring(0, end - longest);
        }
        return text;
    }

    private static String letters(SplittableRandom random, int n) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < n; i++) out.append((char) ('a' + random.nextInt(2)));
        return out.toString();
    }
}
