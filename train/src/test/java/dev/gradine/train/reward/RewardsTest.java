package dev.gradine.train.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.align.JudgeSettings;
import dev.gradine.align.RewardSettings;
import dev.gradine.align.RewardSettings.Rewarded;
import dev.gradine.data.Passage;
import dev.gradine.data.encode.Question;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What each function says, and their sum.
class RewardsTest {

    private static Answered answered(String text, int tokens, String right) {
        return new Answered(
                new Question(new int[] {1}, new Passage.Text(""), Map.of(), Map.of("answer", right)),
                text,
                tokens,
                true);
    }

    private static final JudgeSettings PLAIN = JudgeSettings.defaults();

    private static double judged(String reward, String text, String right) {
        var settings = new RewardSettings(Rewarded.parse(reward), List.of(), PLAIN);
        var each = Rewards.of(settings, new LinkedHashMap<>()).each(List.of(answered(text, 1, right)));
        return each.firstEntry().getValue()[0];
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            The answer is 18.|9 * 2 = 18 #### 18|1
            It costs $1,234.50 in all|#### 1234.5|1
            18 eggs, so 2|#### 18|0
            minus -3|#### -3|1
            no number|#### 18|0
            18.0|18|1
            18|12 and then 18|1
            """)
    void gsm8k_compares_the_last_number(String text, String right, double expected) {
        assertThat(judged("gsm8k", text, right)).isEqualTo(expected);
    }

    @Test
    void exact_wants_the_whole_answer() {
        assertThat(judged("exact", " 7\n", "7")).isEqualTo(1);
        assertThat(judged("exact", "7.", "7")).isZero();
    }

    @Test
    void regex_looks_anywhere_and_format_at_the_whole() {
        assertThat(judged("regex:b+", "abba", "")).isEqualTo(1);
        assertThat(judged("format:b+", "abba", "")).isZero();
        assertThat(judged("format:a(b|\\,)+a", "ab,a", "")).isEqualTo(1);
        assertThat(judged("format", "<think>so\n</think>7", "")).isEqualTo(1);
        assertThat(judged("format", "<think>so<think></think>7", "")).isZero();
        assertThat(judged("format", "7", "")).isZero();
    }

    @ParameterizedTest
    @CsvSource({"4, 1", "2, 0.5", "6, 0.5", "9, 0"})
    void length_is_best_at_its_number(int tokens, double expected) {
        assertThat(Length.of("4").of(answered("x", tokens, ""))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"60, 0", "80, 0", "90, -0.5", "100, -1", "101, -1"})
    void overlong_falls_within_the_margin(int tokens, double expected) {
        assertThat(Overlong.of("100/20").of(answered("x", tokens, ""))).isEqualTo(expected);
    }

    @Test
    void what_nobody_can_judge_counts_nowhere() {
        var settings = new RewardSettings(Rewarded.parse("length:4,exact"), List.of(2.0, 3.0), PLAIN);
        double nan = Double.NaN;
        Map<String, double[]> each = new LinkedHashMap<>();
        each.put("length", new double[] {1, nan, nan});
        each.put("exact", new double[] {1, 1, nan});
        assertThat(Rewards.of(settings, new LinkedHashMap<>()).sums(each, 3)).containsExactly(5, 3, nan);
    }

    @Test
    void arguments_are_read_back_as_they_were_typed() {
        String typed = "regex:a\\,b,length:3";
        assertThat(Rewarded.parse(typed).all()).containsExactly("regex:a,b", "length:3");
        assertThat(Rewarded.parse(typed)).hasToString(typed);
    }

    @Test
    void refuses_arguments_it_cannot_take() {
        refuses("regex", "reward regex: no argument, expected a regular expression");
        refuses("regex:(", "reward regex: \"(\", expected a regular expression: Unclosed group");
        refuses("length:x", "reward length: \"x\", expected a number of tokens");
        refuses("overlong:5/9", "reward overlong: \"5/9\", expected LONGEST/MARGIN in tokens");
        refuses(
                "java.lang.String",
                "--reward java.lang.String: is no dev.gradine.train.reward.RewardFunction, expected one");
        assertThatThrownBy(() -> judged("gsm8k", "7", "seven"))
                .hasMessage("reward gsm8k: column answer of a row is \"seven\", expected a number in it");
        assertThatThrownBy(() -> judged("exact:solution", "7", "7"))
                .hasMessage("reward: a row has no column solution, expected one (it has [answer])");
    }

    private static void refuses(String reward, String message) {
        assertThatThrownBy(() -> judged(reward, "", ""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
