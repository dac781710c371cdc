package dev.gradine.eval.python;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What Python prints of a list is read back.
class PythonLiteralTest {

    @Test
    void texts_with_quotes_escapes_and_commas_come_back() {
        assertThat(PythonLiteral.list("['a, b', \"it's\", 'a \\'q\\' \"r\"', 'x\\ny\\\\', '\\xa0\\u2028\\U0001f600']"))
                .isEqualTo(List.of("a, b", "it's", "a 'q' \"r\"", "x\ny\\", "\u00a0\u2028\uD83D\uDE00"));
    }

    @Test
    void numbers_truth_and_lists_in_lists_come_back() {
        assertThat(PythonLiteral.list("[0, -12, 0.5, True, False, [1], ()]"))
                .isEqualTo(List.of(0L, -12L, 0.5, true, false, List.of(1L), List.of()));
        assertThat(PythonLiteral.list("[]")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "['a'", "['a' 'b']", "[a]", "['a'] and more", "['a\\x']", "3"})
    void what_is_no_list_is_none(String text) {
        assertThat(PythonLiteral.list(text)).isNull();
    }
}
