package dev.gradine.data.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

/// What a dialect keeps of white space, and what it makes of a name that does not exist.
class DialectTest {

    private static final String SPACED = "a\n  {% if true %}\nb\n  {% endif %}\n";

    private static String render(String source, Dialect dialect) {
        return JinjaTemplate.parse("t", source, dialect)
                .render(Map.of("x", 1), Limits.defaults())
                .text();
    }

    @Test
    void chat_templates_lose_what_blocks_leave_behind() {
        assertThat(render(SPACED, Dialect.CHAT)).isEqualTo("a\nb\n");
    }

    @Test
    void templates_of_tasks_keep_all_white_space() {
        assertThat(render(SPACED, Dialect.TASK)).isEqualTo("a\n  \nb\n  \n");
        assertThat(render("a \n {%- if true -%} \n b{% endif %}", Dialect.TASK)).isEqualTo("ab");
    }

    @Test
    void a_name_that_does_not_exist_is_told_where_it_would_be_printed() {
        assertThat(render("[{{y}}]", Dialect.CHAT)).isEqualTo("[]");
        assertThatThrownBy(() -> render("[{{y}}]", Dialect.TASK)).hasMessage("t: line 1: 'y' is undefined");
        assertThat(render("{{y if y is defined else x}}", Dialect.TASK)).isEqualTo("1");
    }
}
