package dev.gradine.data.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Whatever a template does costs what it takes: it ends, or it is stopped in one line, within seconds. What is linear
/// in Python is done in full.
class BudgetTest {
    /// Long enough for a busy machine; without the bounds these take minutes or gigabytes.
    private static final Duration SECONDS = Duration.ofSeconds(20);

    private static String render(String source) {
        return JinjaTemplate.parse("t", source)
                .render(Map.of(), Limits.defaults())
                .text();
    }

    /// A list `big` of 2^40 entries in 40 steps, a text `a` of 4 MB, and a text that nearly is in `a` everywhere.
    private static final String SETUP = "{% set n = namespace(t=(1,)) %}"
            + "{% for i in range(40) %}{% set n.t = (n.t, n.t) %}{% endfor %}"
            + "{% set big = n.t %}{% set a = 'a' * 4000000 %}{% set near = 'a' * 2000000 ~ 'b' %}"
            + "{% set loops = range(100000) %}";

    private static final List<String> DEAR = List.of(
            "{% for i in loops %}{{ 'b' in a }}{% endfor %}",
            "{{ near in a }}",
            "{{ a.find(near) }}",
            "{{ a.rfind('b' ~ 'a' * 2000000) }}",
            "{{ a.count(near) }}",
            "{{ a.split(near) }}",
            "{{ a.rsplit('b' ~ 'a' * 2000000) }}",
            "{{ a.replace(near, 'x') }}",
            "{{ a.partition(near) }}",
            "{% set c = 'a' * 4000000 %}{% for i in loops %}{{ a == c }}{% endfor %}",
            "{% set c = 'a' * 4000000 %}{% for i in loops %}{{ a < c }}{% endfor %}",
            "{% set c = 'a' * 4000000 %}{% for i in loops %}{% set x = {a: 1}[c] %}{% endfor %}",
            "{% for i in loops %}{% set x = a.upper() %}{% endfor %}",
            "{% for i in loops %}{% set x = a|title %}{% endfor %}",
            "{% for i in loops %}{% set x = a.swapcase() %}{% endfor %}",
            "{% for i in loops %}{{ a is lower }}{% endfor %}",
            "{% for i in loops %}{{ a.isalpha() }}{% endfor %}",
            "{% for i in loops %}{% set x = a[1:] %}{% endfor %}",
            "{% for i in loops %}{% set x = a[::-1] %}{% endfor %}",
            "{% for i in loops %}{% set x = a[i] %}{% set y = a|length %}{% set z = a|list %}{% endfor %}",
            "{% for i in loops %}{% set x = a.strip('ab') %}{% endfor %}",
            "{% for i in loops %}{% set x = a|trim %}{% endfor %}",
            "{{ a|indent(a) }}",
            "{{ (a ~ '\\n') * 8 |indent(1000) }}",
            "{{ ('\\n' * 4000000)|indent(1000, true, true) }}",
            "{{ '%s%s%s%s%s%s%s%s%s%s'|format(a, a, a, a, a, a, a, a, a, a) }}",
            "{{ '{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}{0}'.format(a) }}",
            "{{ ('{0}' * 100000).format(a) }}",
            "{{ [a, a, a, a, a, a, a, a, a, a]|join(a) }}",
            "{{ [a, a, a, a, a, a, a, a, a, a]|tojson }}",
            "{{ [a, a, a, a, a, a, a, a, a, a]|string }}",
            "{{ ('\\u0001' * 30000000)|tojson }}",
            "{{ ['\\u0001' * 30000000] }}",
            "{{ ('<' * 30000000)|e }}",
            "{{ ('<' * 30000000)|safe ~ '<' + ('<' * 30000000)|safe }}",
            "{{ {'a': 1}|tojson(indent=a) }}",
            "{{ range(1000000)|list|tojson(separators=(a, a)) }}",
            "{{ big == big }}",
            "{{ big < big }}",
            "{{ big in [big] }}",
            "{{ {big: 1} }}",
            "{{ {1: 2}.get(big) }}",
            "{{ big|tojson }}",
            "{{ big }}",
            "{{ [1][big] }}{{ big }}",
            "{{ range(1000000)|sort|sort|sort|sort|sort|sort|list }}",
            "{{ range(1000000)|unique|list|unique|list|unique|list|unique|list|unique|list }}",
            "{{ range(1000000)|map('string')|list }}{{ range(1000000)|map('string')|list }}",
            "{{ ([[1] * 1000] * 10000)|sum(start=[]) }}",
            "{{ (range(1000000)|list)[1:] + (range(1000000)|list) }}",
            "{% for i in loops %}{% for j in loops %}{% endfor %}{% endfor %}",
            "{% for i in loops %}{% set x = range(1000000)|list %}{% endfor %}",
            "{% for i in loops %}{{ x[a] }}{% endfor %}",
            "{% set x = {} %}{% for i in loops %}{{ x[a ~ i] }}{% endfor %}",
            "{{ strftime_now('%d' * 4000000) }}",
            "{{ a.center(33000000) ~ a.zfill(33000000) ~ a.ljust(33000000) }}",
            "{% for i in loops %}{% set x = a|wordcount %}{% endfor %}",
            "{% for i in loops %}{% set x = ('a ' * 1000000).split() %}{% endfor %}",
            "{% for i in loops %}{% set x = ('a\\n' * 1000000).splitlines() %}{% endfor %}",
            "{% set n.s = 'ab' %}{% for i in loops %}{% set n.s = n.s + n.s %}{% endfor %}",
            "{% set n.s = [1] %}{% for i in loops %}{% set n.s = [n.s] %}{% endfor %}{{ n.s == n.s }}{{ n.s }}",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
            "{% macro m(x) %}{{ caller() }}{% endmacro %}"
                    + "{% call m(1) %}{% for i in loops %}{{ a }}{% endfor %}{% endcall %}");

    static List<String> dear() {
        return DEAR;
    }

    @ParameterizedTest
    @MethodSource("dear")
    void dear_work_ends_within_seconds(String source) {
        Instant start = Instant.now();
        String end = "";
        try {
            render(SETUP + source);
        } catch (TemplateException e) {
            end = String.valueOf(e.getMessage());
        }
        Duration took = Duration.between(start, Instant.now());
        assertThat(end).doesNotContain("\n").hasSizeLessThan(600);
        assertThat(took).isLessThan(SECONDS);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "{{ ('a,' * 1000000).split(',')|length }}¦1000001",
                "{{ (('a' * 10 ~ ' ') * 100000).split()|length }}¦100000",
                "{{ ('a,' * 500000).rsplit(',')|length }}¦500001",
                "{{ ('ab' * 1000000).replace('a', 'xy')|length }}¦3000000",
                "{{ 'x' in 'a' * 30000000 ~ 'x' }}¦True",
                "{{ ('ab' * 1000000)|upper|length }}¦2000000",
                "{{ ('ab' * 1000000)[::-1]|length }}¦2000000",
                "{{ range(100000)|map('string')|join(',')|length }}¦588889",
                "{% set n = namespace(x=0) %}{% for i in range(1000000) %}{% set n.x = n.x + 1 %}{% endfor %}"
                        + "{{ n.x }}¦1000000",
                "{{ ('a' * 2000000).strip('a' * 1000000 ~ 'b') }}x¦x",
            })
    void what_is_linear_is_done(String source, String expected) {
        assertThat(render(source)).isEqualTo(expected);
    }

    @Test
    void a_template_reaches_nothing_it_is_not_given() {
        assertThatThrownBy(() -> render("{{ ''.getClass() }}")).hasMessageContaining("has no attribute 'getClass'");
        assertThatThrownBy(() -> render("{{ ''.__class__.__mro__ }}"))
                .hasMessageContaining("has no attribute '__class__'");
        assertThatThrownBy(() -> render("{{ [].getClass().forName('x') }}"))
                .hasMessageContaining("has no attribute 'getClass'");
        assertThat(render("{{ self }}{{ config }}{{ environ }}{{ open is defined }}"))
                .isEqualTo("False");
    }

    @Test
    void a_long_message_is_cut() {
        assertThatThrownBy(() -> render("{{ raise_exception('x' * 30000000) }}"))
                .hasMessage("t: line 1: " + "x".repeat(400) + "…");
    }
}
