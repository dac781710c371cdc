package dev.gradine.eval.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gradine.eval.model.Response;
import dev.gradine.eval.model.Response.Likelihood;
import java.util.List;
import java.util.Set;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/// Worked by hand.
class ChoiceMetricTest {

    private static Choices choices(List<String> texts, Set<Integer> right, double... ll) {
        List<Response> answers = DoubleStream.of(ll)
                .mapToObj(l -> (Response) new Likelihood(l, l > -2, 1))
                .toList();
        return new Choices(texts, answers, right);
    }

    @Test
    void the_likeliest_and_the_likeliest_per_character_differ() {
        Choices c = choices(List.of("Yes", "Certainly not"), Set.of(0), -1.2, -3.9);
        assertThat(ChoiceMetric.ACC.of(c)).isEqualTo(1);
        assertThat(ChoiceMetric.ACC_NORM.of(c)).isEqualTo(0); // -0.400 against -0.300
    }

    @Test
    void characters_and_bytes_differ() {
        Choices c = choices(List.of("aaaa", "ööö"), Set.of(1), -4, -3.6);
        assertThat(ChoiceMetric.ACC_NORM.of(c)).isEqualTo(0); // -1.0 against -1.2
        assertThat(ChoiceMetric.ACC_BYTES.of(c)).isEqualTo(1); // -1.0 against -0.6
    }

    @Test
    void the_first_of_equals_counts() {
        assertThat(ChoiceMetric.ACC.of(choices(List.of("a", "b"), Set.of(0), -1, -1)))
                .isEqualTo(1);
        assertThat(ChoiceMetric.ACC.of(choices(List.of("a", "b"), Set.of(1), -1, -1)))
                .isEqualTo(0);
    }

    @Test
    void what_the_context_makes_likelier_is_found() {
        Choices c = choices(List.of("a", "b"), Set.of(1), -1, -3, -0.5, -4);
        assertThat(ChoiceMetric.ACC.of(c)).isEqualTo(0);
        assertThat(ChoiceMetric.ACC_MUTUAL_INFO.of(c)).isEqualTo(1); // -0.5 against 1
    }

    @Test
    void the_probability_of_right_choices_is_their_share() {
        Choices c = choices(List.of("a", "b", "c", "d"), Set.of(0, 1), -2, -3, -1, -4);
        assertThat(ChoiceMetric.PROBABILITY_MASS.of(c)).isCloseTo(0.324, within(5e-4));
        double far = ChoiceMetric.PROBABILITY_MASS.of(choices(List.of("a", "b"), Set.of(0), -2000, -2001));
        assertThat(far).isCloseTo(1 / (1 + Math.exp(-1)), within(1e-12)); // exp(-2000) alone would be 0
    }

    @Test
    void brier_is_the_squared_distance_from_certainty() {
        Choices c = choices(List.of("a", "b"), Set.of(0), Math.log(0.75), Math.log(0.25));
        assertThat(ChoiceMetric.BRIER_SCORE.of(c)).isCloseTo(2 * 0.0625, within(1e-12));
    }

    @Test
    void exact_match_asks_whether_a_right_one_would_be_written() {
        assertThat(ChoiceMetric.EXACT_MATCH.of(choices(List.of("a", "b"), Set.of(0), -1, -3)))
                .isEqualTo(1);
        assertThat(ChoiceMetric.EXACT_MATCH.of(choices(List.of("a", "b"), Set.of(1), -1, -3)))
                .isEqualTo(0);
    }

    @Test
    void a_metric_there_is_not_is_refused() {
        assertThatThrownBy(() -> ChoiceMetric.named("f1"))
                .hasMessage("metric f1 is not computed here, expected one of acc, acc_norm, acc_bytes, acc_mutual_info,"
                        + " exact_match, brier_score");
    }
}
