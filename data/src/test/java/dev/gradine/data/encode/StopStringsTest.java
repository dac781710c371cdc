package dev.gradine.data.encode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StopStringsTest {

    @Test
    void shows_at_once_what_cannot_begin_a_stop_and_holds_back_what_can() {
        StopStrings s = new StopStrings(List.of("###", "\nUser"));
        assertThat(s.take("Hello")).isEqualTo("Hello");
        assertThat(s.take(" you#")).isEqualTo(" you");
        assertThat(s.take("#")).isEmpty();
        assertThat(s.take("x\nUs")).isEqualTo("##x");
        assertThat(s.isFound()).isFalse();
        assertThat(s.take("er: more")).isEmpty();
        assertThat(s.isFound()).isTrue();
        assertThat(s.take("never")).isEmpty();
        assertThat(s.rest()).isEmpty();
    }

    @Test
    void what_is_held_back_at_the_end_is_text() {
        StopStrings s = new StopStrings(List.of("END"));
        assertThat(s.take("the EN")).isEqualTo("the ");
        assertThat(s.rest()).isEqualTo("EN");
    }

    /// However a text is cut, what is shown is what stands before its first stop.
    @Test
    void pieces_make_no_difference() {
        SplittableRandom rng = new SplittableRandom(1);
        List<String> stops = List.of("aab", "ba", "cc");
        for (int round = 0; round < 3000; round++) {
            StringBuilder text = new StringBuilder();
            StringBuilder shown = new StringBuilder();
            StopStrings s = new StopStrings(stops);
            while (text.length() < 30) {
                StringBuilder piece = new StringBuilder();
                for (int i = rng.nextInt(4); i > 0; i--) piece.append((char) ('a' + rng.nextInt(3)));
                text.append(piece);
                shown.append(s.take(piece.toString()));
            }
            shown.append(s.rest());
            int first = stops.stream()
                    .mapToInt(stop -> text.indexOf(stop))
                    .filter(at -> at >= 0)
                    .min()
                    .orElse(text.length());
            assertThat(shown.toString()).as(text.toString()).isEqualTo(text.substring(0, first));
        }
    }

    @Test
    void refuses_an_empty_stop() {
        assertThatThrownBy(() -> new StopStrings(List.of("a", ""))).hasMessageContaining("stop: an empty text");
    }
}
