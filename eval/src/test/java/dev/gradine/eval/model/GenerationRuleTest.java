package dev.gradine.eval.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.tensor.kernel.SamplingParams;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Where an answer ends.
class GenerationRuleTest {

    private static GenerationRule until(String... ends) {
        return new GenerationRule(List.of(ends), 8, SamplingParams.GREEDY);
    }

    @Test
    void the_first_of_an_end_counts_and_each_end_cuts_what_the_others_left() {
        assertThat(until("b").cut("xaybzab")).isEqualTo("xay");
        assertThat(until("b", "a").cut("xaybzab")).isEqualTo("x");
        assertThat(until("zz", "b").cut("xaybzab")).isEqualTo("xay");
        assertThat(until("", "q").cut("xaybzab")).isEqualTo("xaybzab"); // an empty end ends nothing
    }

    @Test
    void a_text_is_over_once_an_end_stands_in_it() {
        assertThat(until("\n\n", "").isOver("a\nb")).isFalse();
        assertThat(until("\n\n").isOver("a\n\nb")).isTrue();
    }

    @Test
    void an_answer_without_tokens_is_refused() {
        assertThatThrownBy(() -> new GenerationRule(List.of(), 0, SamplingParams.GREEDY))
                .hasMessage("generation_kwargs: max_gen_toks is 0, expected >= 1");
    }
}
