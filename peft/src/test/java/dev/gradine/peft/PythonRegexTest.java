package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

/// Regular expressions as Python 3.11's `re` reads them. Its answers stand in the tables: they were asked of it.
class PythonRegexTest {

    private static final String PATH = "model.layers.11.self_attn.q_proj";

    /// `re.fullmatch(pattern, text)`
    @ParameterizedTest
    @CsvFileSource(resources = "/dev/gradine/peft/python_regex_matches.txt", delimiter = '~')
    void all_of_a_text_matches_where_it_does_in_python(String pattern, String text, boolean matches) {
        assertThat(PythonRegex.of("x", pattern).matchesAll(text == null ? "" : text))
                .isEqualTo(matches);
    }

    /// What Python refuses, and its words for it.
    @ParameterizedTest
    @CsvFileSource(resources = "/dev/gradine/peft/python_regex_errors.txt", delimiter = '~')
    void what_python_refuses_is_refused(String pattern, String message) {
        assertThatThrownBy(() -> PythonRegex.of("target_modules", pattern))
                .isInstanceOf(AdapterException.class)
                .hasMessageMatching("target_modules: \\Q%s\\E is no regular expression of Python: \\Q%s\\E at [0-9]+"
                        .formatted(pattern.replace("\\E", "x"), message));
    }

    @Test
    void a_named_group_of_another_dialect_is_refused_with_pythons() {
        assertThatThrownBy(() -> PythonRegex.of("target_modules", "(?<n>q)_proj"))
                .hasMessage("target_modules: (?<n>q)_proj is no regular expression of Python:"
                        + " unknown extension ?<, a named group is (?P<name>…) at 0");
    }

    @Test
    void a_group_is_found_by_name() {
        PythonRegex r = PythonRegex.of("x", ".*?\\.[^.]*\\.(?P<idx>\\d+)\\.");
        assertThat(r.group(PATH, "idx")).isEqualTo("11");
        assertThat(r.group("model.norm", "idx")).isNull();
    }

    @Test
    void places_in_messages_count_from_what_was_given() {
        assertThatThrownBy(() -> PythonRegex.of("pattern", "(.*\\.)?(", "q_proj)((", ")$"))
                .isInstanceOf(AdapterException.class)
                .hasMessage("pattern: q_proj)(( is no regular expression of Python:"
                        + " missing ), unterminated subpattern at 7");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "(.+)+!",
                "(.*)*!",
                "([\\w.]|[\\w.])*!",
                "(.*.*.*.*.*.*.*.*)!",
                "(?:[a-z]+[.0-9_]*)+!",
            })
    void an_expression_that_tries_too_much_ends_with_one_line(String pattern) {
        long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        assertThatThrownBy(() -> PythonRegex.of("x", pattern).matchesAll(PATH))
                .isInstanceOf(AdapterException.class)
                .hasMessage(
                        "pattern: %s takes too many steps on %s, expected a simpler regular expression", pattern, PATH);
        long spent = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - start;
        assertThat(spent).isLessThan(2_000_000_000L);
    }

    @Test
    void what_is_too_long_or_too_deep_is_refused() {
        assertThatThrownBy(() -> PythonRegex.of("x", "a".repeat(20_001)))
                .hasMessage("x: a regular expression has 20,001 characters, expected at most 20,000");
        String deep = "(".repeat(5000);
        assertThatThrownBy(() -> PythonRegex.of("x", deep))
                .hasMessage(
                        "x: %s… is no regular expression of Python: more than 60 groups within each other at 60",
                        "(".repeat(77));
        assertThatThrownBy(() -> PythonRegex.of("x", "^".repeat(20_000)).matchesAll("a"))
                .isInstanceOf(AdapterException.class)
                .hasMessageContaining("takes too many steps");
    }
}
