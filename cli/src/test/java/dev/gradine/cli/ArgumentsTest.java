package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A command line is read as it was typed, or refused in one line.
class ArgumentsTest {

    @Test
    void an_argument_that_the_locale_could_not_read_is_refused() {
        Cli.run("score", "--model", "m", "--text", "Zo\uFFFD said")
                .refuses("argument 5, \"Zo\uFFFD said\", is no text in this locale's encoding, "
                        + System.getProperty("sun.jnu.encoding") + "; expected UTF-8 (LC_ALL=C.UTF-8)");
    }

    @Test
    void letters_of_all_scripts_are_text() {
        Cli run = Cli.run("inspect", "Zoë/日本/😀");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).doesNotContain("locale").contains("Zoë/日本/😀");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            --lr     | abc         | --lr: "abc", expected a number
            --rank   | 2.5         | --rank: "2.5", expected a whole number
            --seed   | x           | --seed: "x", expected a whole number
            --layers | 1,b         | --layers: "b", expected a whole number
            --batch  | 99999999999 | --batch: "99999999999", expected a whole number from -2147483648 to 2147483647
            """)
    void a_value_of_the_wrong_kind_says_what_was_expected(String option, String value, String message) {
        Cli.run("sft", "--model", "m", "--data", "d", "--out", "o", option, value)
                .refuses(message + " (see gradine sft --help)");
    }

    @Test
    void a_word_that_belongs_to_no_option_is_named() {
        Cli.run("sft", "--model", "m", "--data", "d", "--out", "o", "twice")
                .refuses("\"twice\" belongs to no option (see gradine sft --help)");
    }

    @Test
    void a_long_value_is_shown_by_its_beginning_and_its_length(@TempDir Path temp) {
        String value = "7".repeat(3000);
        Cli run = Cli.run("sft", "--model", "m", "--data", "d", "--out", "o", "--rank", value);
        assertThat(run.err())
                .startsWith("gradine: --rank: \"" + "7".repeat(159) + " …\" (3002 characters), expected")
                .hasSizeLessThan(400);
        Cli longPath = Cli.run("inspect", temp.resolve("p".repeat(220)));
        assertThat(longPath.err()).contains("…").hasSizeLessThan(300);
    }
}
