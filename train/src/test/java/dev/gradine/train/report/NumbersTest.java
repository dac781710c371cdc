package dev.gradine.train.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NumbersTest {

    @ParameterizedTest
    @CsvSource({"2.41349, 2.413", "0.000312, 0.0003120", "-1.5, −1.500", "1234.4, 1234", "0, 0", "2.5e-9, 2.50e-09"})
    void numbers_have_four_digits(double v, String text) {
        assertThat(Numbers.number(v)).isEqualTo(text);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "9999, 9_999", "10000, 10.00_k", "134515008, 134.5_M", "8000000000, 8.00_G"})
    void counts_get_a_letter_from_ten_thousand_on(long n, String text) {
        assertThat(Numbers.brief(n)).isEqualTo(text.replace('_', '\u2009'));
    }

    @ParameterizedTest
    @CsvSource({"0.0034, 0.34_%", "0.712, 71.2_%", "1, 100.0_%", "0, 0.0_%"})
    void small_shares_keep_two_decimals(double share, String text) {
        assertThat(Numbers.percent(share)).isEqualTo(text.replace('_', '\u2009'));
    }

    @ParameterizedTest
    @CsvSource({"8.31, 8.3_s", "751, 12_min 31_s", "3600, 1_h 00_min", "11242, 3_h 07_min"})
    void times_have_two_units_at_most(double s, String text) {
        assertThat(Numbers.seconds(s)).isEqualTo(text.replace('_', '\u2009'));
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1 epoch",
        "0.75, 0.75 epochs",
        "2.5, 2.5 epochs",
        "10, 10 epochs",
        "0.333333, 0.33 epochs",
        "0.0004, less than 0.01 epochs"
    })
    void epochs_have_no_idle_zeros(double n, String text) {
        assertThat(Numbers.epochs(n)).isEqualTo(text);
    }

    @Test
    void a_command_can_be_typed_again() {
        assertThat(Numbers.command(List.of("gradine", "sft", "--data=my data", "it's", "*.jsonl", "")))
                .isEqualTo("gradine sft '--data=my data' 'it'\\''s' '*.jsonl' ''");
    }
}
