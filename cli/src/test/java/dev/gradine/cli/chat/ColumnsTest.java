package dev.gradine.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ColumnsTest {

    @Test
    void texts_stand_beside_each_other_with_their_titles() {
        assertThat(Columns.of("base", "one two three four", "a", "five\nsix", 25))
                .isEqualTo("""
                        base        │ a
                        ────────────┼────────────
                        one two     │ five
                        three four  │ six
                        """.replace("────────────┼────────────", "─".repeat(11) + "─┼─" + "─".repeat(11)));
    }

    @Test
    void lines_are_cut_between_words_and_words_that_are_too_long_within() {
        assertThat(Columns.lines("ab cd ef", 5)).containsExactly("ab cd", "ef");
        assertThat(Columns.lines("abcdefgh i", 3)).containsExactly("abc", "def", "gh", "i");
        assertThat(Columns.lines("", 5)).containsExactly("");
        assertThat(Columns.lines("😀😀😀", 2)).containsExactly("😀😀", "😀");
    }
}
