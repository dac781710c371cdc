package dev.gradine.eval.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.eval.task.Tasks;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Numbers found in answers and compared, as GSM8K's rules do.
class AnswerMetricTest {

    private static final WrittenAnswer GSM8K =
            (WrittenAnswer) Tasks.named("gsm8k").question();

    private static String found(int filter, String answer) {
        return GSM8K.filters().get(filter).apply(answer);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            … = $1,250. So #### 1,250. | 1,250.    | 1,250. | 1
            … = $1,250. So 1,250.      | [invalid] | 1,250. | 1
            about 7.5.                 | [invalid] | 7.5.   | 0
            so 18 ...                  | [invalid] | ...    | 0
            nothing                    | [invalid] | [invalid] | 0
            #### 5 and #### 1250       | 5         | 1250   | 1
            """)
    void a_number_is_found_and_compared(String answer, String strict, String flexible, int right) {
        assertThat(found(0, answer)).isEqualTo(strict);
        assertThat(found(1, answer)).isEqualTo(flexible);
        String target = "He pays 50 * 25 = 1250.\n#### 1,250";
        assertThat(GSM8K.asked().getFirst().of(flexible, target)).isEqualTo(right);
    }

    @Test
    void what_does_not_matter_goes_in_its_order() {
        AnswerMetric all = AnswerMetric.ExactMatch.of(List.of("^the "), true, true, true);
        assertThat(all.of("the Answer: 42!", "answer ")).isEqualTo(1);
        assertThat(all.of("The answer", "answer")).isEqualTo(0); // the expression saw a capital
        assertThat(AnswerMetric.ExactMatch.of(List.of(), false, false, false).of("A", "a"))
                .isEqualTo(0);
    }

    @ParameterizedTest
    @CsvSource({"51.0, 51, 1", "'1,250.0', 1250, 1", "$7., 7, 1", "7.5, 7, 0", "[invalid], 7, 0"})
    void numbers_are_compared_as_numbers(String answer, String target, int right) {
        assertThat(new AnswerMetric.NumbersEqual().of(answer, target)).isEqualTo(right);
    }

    @Test
    void a_match_from_the_end_that_is_not_there_falls_back() {
        assertThat(AnswerFilter.Regex.of("(\\d)", -2, "none").apply("a 1")).isEqualTo("none");
        assertThat(AnswerFilter.Regex.of("(?P<digit>\\d)|(x)", 1, "none").apply("1 x"))
                .isEqualTo("x");
    }

    @Test
    void an_expression_that_cannot_be_read_is_refused() {
        assertThatThrownBy(() -> AnswerFilter.Regex.of("(", 0, ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("regex (: ");
    }
}
