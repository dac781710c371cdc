package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which paths a target means.
class TargetsTest {

    private static final String Q = "model.layers.1.self_attn.q_proj";

    @ParameterizedTest
    @CsvSource({
        "q_proj, true",
        "self_attn.q_proj, true",
        "model.layers.1.self_attn.q_proj, true",
        "layers.1, false",
        "proj, false",
        "_proj, false",
        "attn.q_proj, false"
    })
    void a_name_is_the_path_or_its_end_behind_a_dot(String name, boolean matches) {
        assertThat(Targets.parse(name).matches(Q)).isEqualTo(matches);
    }

    @Test
    void several_names_are_separated_by_commas() {
        Targets t = Targets.parse("v_proj,q_proj");
        assertThat(t).isEqualTo(new Targets.Suffixes(List.of("v_proj", "q_proj")));
        assertThat(t.matches(Q)).isTrue();
        assertThat(t.matches("model.layers.1.self_attn.k_proj")).isFalse();
    }

    @Test
    void an_expression_must_match_the_whole_path() {
        assertThat(Targets.parse(".*\\.(q|v)_proj").matches(Q)).isTrue();
        assertThat(Targets.parse("(q|v)_proj").matches(Q)).isFalse();
        assertThat(Targets.parse(".*layers\\.0.*").matches(Q)).isFalse();
    }

    @Test
    void all_linear_means_all_but_the_head() {
        Targets t = Targets.parse("all-linear");
        assertThat(t.matches(Q)).isTrue();
        assertThat(t.matches("lm_head")).isFalse();
    }

    @Test
    void refuses_what_is_no_expression() {
        assertThatThrownBy(() -> Targets.parse("(q_proj"))
                .isInstanceOf(AdapterException.class)
                .hasMessage("targets: (q_proj is no regular expression of Python:"
                        + " missing ), unterminated subpattern at 0");
    }

    @Test
    void refuses_no_name_at_all() {
        assertThatThrownBy(() -> new Targets.Suffixes(List.of()))
                .isInstanceOf(AdapterException.class)
                .hasMessage("targets: none given, expected at least one module name");
    }
}
