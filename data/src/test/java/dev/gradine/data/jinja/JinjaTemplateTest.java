package dev.gradine.data.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The language against what Python's Jinja prints for the same source.
class JinjaTemplateTest {
    private static final Map<String, Object> VARIABLES =
            Map.of("xs", List.of(3, 1, 2), "s", " Ab c ", "d", Map.of("k", "v"), "user", "{{ 1 + 1 }}{% raw %}");

    private static String render(String source) {
        return JinjaTemplate.parse("t", source)
                .render(VARIABLES, Limits.defaults())
                .text();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "{{ 1 + 2 * 3 }}¦7",
                "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 / 2 }} {{ -7 % 3 }} {{ 2 ** 10 }}¦3 -4 3.5 2 1024",
                "{{ 1e16 }} {{ 0.0001 }} {{ 1.5e-5 }} {{ 100.0 }}¦1e+16 0.0001 1.5e-05 100.0",
                "{{ [1, 'a', none, true, 1.0] }} {{ (1,) }} {{ {'a': [1]} }}¦[1, 'a', None, True, 1.0] (1,) {'a': [1]}",
                "{{ \"it's\" }} {{ [\"it's\", 'q\"'] }}¦it's [\"it's\", 'q\"']",
                "{{ s|trim }}|{{ s.strip().upper() }}|{{ s.split() }}¦Ab c|AB C|['Ab', 'c']",
                "{{ xs[0] }}{{ xs[-1] }}{{ xs[1:] }}{{ xs[::-1] }}{{ 'abc'[1:] }}{{ 'abc'[::-1] }}¦"
                        + "32[1, 2][2, 1, 3]bccba",
                "{{ xs|sort|join('-') }} {{ xs|length }} {{ xs|first }} {{ xs|last }} {{ xs|max }}¦1-2-3 3 3 2 3",
                "{{ nothing }}{{ nothing|default('x') }}{{ nothing is defined }}{{ 1 if nothing else 2 }}¦xFalse2",
                "{% for x in xs %}{{ loop.index }}{{ x }}{{ ',' if not loop.last }}{% endfor %}¦13,21,32",
                "{% for x in xs if x > 1 %}{{ x }}{{ loop.length }}{% else %}none{% endfor %}¦3222",
                "{% for x in [] %}{% else %}none{% endfor %}¦none",
                "{% for x in xs %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% endfor %}¦32",
                "{% for x in xs %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% endfor %}¦3",
                "{% set x = 1 %}{% for y in xs %}{% set x = y %}{% endfor %}{{ x }}¦1",
                "{% set n = namespace(x=1) %}{% for y in xs %}{% set n.x = y %}{% endfor %}{{ n.x }}¦2",
                "{% macro m(a, b=2) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}{{ m(1, b=3) }}¦1213",
                "{% macro m() %}<{{ caller() }}>{% endmacro %}{% call m() %}x{% endcall %}¦<x>",
                "{% set x %}a{{ 1 }}{% endset %}{{ x }}{% filter upper %}q{% endfilter %}¦a1Q",
                "{{ d|tojson }}{{ 'é'|tojson }}{{ [1, {'a': none}]|tojson }}¦{\"k\": \"v\"}\"é\"[1, {\"a\": null}]",
                "{{ 'a' in 'abc' }}{{ 1 in xs }}{{ 'k' in d }}{{ 4 not in xs }}¦TrueTrueTrueTrue",
                "{{ 1 < 2 < 3 }}{{ not 1 == 2 }}{{ 1 is odd and 2 is divisibleby 2 }}¦TrueTrueTrue",
                "{{ 'a' ~ 1 ~ none }}¦a1None",
                "{{ d.k }}{{ d['k'] }}{{ d.get('z', 5) }}{{ d.items()|list }}¦vv5[('k', 'v')]",
                "{{ xs|map('string')|join }}{{ [{'a': 1}]|map(attribute='a')|list }}¦312[1]",
                "{{ [{'a': 1}, {'a': 2}]|selectattr('a', 'equalto', 2)|list|length }}{{ xs|reject('odd')|list }}¦1[2]",
                "{{ 'hello world'|title }} {{ 'aXb'|capitalize }} {{ 'aab'|replace('a', 'x', 1) }}¦Hello World Axb xab",
                "{{ 'a\\nb'|indent(2) }}¦a\\n  b",
                "{{ '%s-%02d'|format('a', 5) }} {{ '3'|int + 1 }} {{ 2.5|round }} {{ 'x'|int(9) }}¦a-05 4 2.0 9",
                "{{ True }}{{ 'a' if false }}{{ none is none }}¦TrueTrue",
                "{% raw %}{{ x }}{% endraw %}{# note #}!¦{{ x }}!",
                "{{ user }}¦{{ 1 + 1 }}{% raw %}",
                "{{ '👋a'|length }}{{ '👋a'[1] }}¦2a",
                "{% macro w(a, b='-') %}[{{ a }}{{ b }}]{% endmacro %}{{ w(*[1, 2]) }}{{ w(*[1]) }}{{ w(**{'a': 3}) }}"
                        + "{{ w(4, **{'b': 5}) }}{{ w(*[6], b=7) }}{{ w(b=8, *[9]) }}¦[12][1-][3-][45][67][98]",
                "{{ 'a-b'.split(*['-']) }}{{ 'a-b'|replace(*['a', 'c']) }}{{ dict(a=1, **{'b': 2}) }}"
                        + "{{ range(*[1, 3])|list }}{{ 4 is divisibleby(*[2]) }}"
                        + "¦['a', 'b']c-b{'a': 1, 'b': 2}[1, 2]True",
                "{{ ' a b  c '.split(none, 1) }}{{ ' a  b c '.rsplit(none, 1) }}{{ ''.split() }}{{ ' '.split() }}"
                        + "¦['a', 'b  c '][' a  b', 'c'][][]",
                "{{ 'a,b,,c'.split(',') }}{{ 'a,b,c'.rsplit(',', 1) }}{{ 'a,b,c'.split(',', 1) }}"
                        + "{{ 'x  y'.split(' ') }}¦['a', 'b', '', 'c']['a,b', 'c']['a', 'b,c']['x', '', 'y']",
                "{{ 'aaa'.rsplit('aa') }}{{ 'aaa'.split('aa') }}{{ 'aab' in 'aaaab' }}¦['a', '']['', 'a']True",
                "{{ 'a👋b👋'[1:3] }}{{ 'a👋b'[::-2] }}{{ 'a👋b'[-1] }}{{ 'abc'[5]|default('u') }}{{ 'abc'[-9:2] }}"
                        + "{{ 'abcdef'[4:1:-2] }}¦👋bbabuabec",
            })
    void prints_what_python_prints(String source, String expected) {
        assertThat(render(source)).isEqualTo(expected.replace("\\n", "\n"));
    }

    @Test
    void white_space_around_tags_follows_trim_and_lstrip_blocks() {
        assertThat(render("a\n  {% if true %}\n  b\n  {% endif %}\nc\n")).isEqualTo("a\n  b\nc");
        assertThat(render("a \n {%- if true -%} \n b \n {%- endif %} \nc")).isEqualTo("ab \nc");
        assertThat(render("x {% if true %} y {% endif %}\n\nz")).isEqualTo("x  y \nz");
        assertThat(render("  {{ 1 }}\n  {#- c -#}  \n 2")).isEqualTo("  12");
        assertThat(render("  {%+ if true %}a{% endif %}")).isEqualTo("  a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "{{ nothing.field }}¦t: line 1: 'nothing' is undefined",
                "\\n\\n{{ d.z.y }}¦t: line 3: 'dict object' has no attribute 'z'",
                "{{ 'a' + 1 }}¦t: line 1: can only concatenate str (not \"int\") to str",
                "{{ raise_exception('no tools') }}¦t: line 1: no tools",
                "{{ x|klingon }}¦t: line 1: filter 'klingon' is not known",
                "{% if true %}a¦t: line 1: found the end of the template, expected elif or else or endif",
                "{{ 1¦t: line 1: tag is not closed, expected '}}'",
                "{% include 'x' %}¦t: line 1: tag 'include' is not one of if, for, set, macro, call, filter, with, "
                        + "generation, do, break, continue",
                "{% for x in 5 %}{% endfor %}¦t: line 1: 'int' object is not iterable",
                "{{ 1 // 0 }}¦t: line 1: integer division or modulo by zero",
                "{% break %}¦t: line 1: break or continue stands outside a loop",
                "{% macro m() %}{% endmacro %}{{ m(*[1]) }}¦t: line 1: macro 'm' takes not more than 0 argument(s)",
                "{{ dict(a=1, **{'a': 2}) }}¦t: line 1: argument 'a' is given twice",
                "{{ range(*5) }}¦t: line 1: 'int' object is not iterable",
                "{{ dict(**[1]) }}¦t: line 1: argument after ** must be a mapping, not list",
                "{{ dict(**{1: 2}) }}¦t: line 1: keywords must be strings",
                "{{ dict(**xs, b) }}¦t: line 1: found 'b', expected ')' (after '**')",
                "{{ dict(*xs, b) }}¦t: line 1: found 'b', expected a named argument (after '*')",
                "{{ dict(*xs, *xs) }}¦t: line 1: found '*', expected one '*' at most",
                "{{ xs.append(1) }}¦t: line 1: 'list object' has no attribute 'append'",
            })
    void errors_name_the_line_and_the_cause(String source, String message) {
        assertThatThrownBy(() -> render(source.replace("\\n", "\n")))
                .isInstanceOf(TemplateException.class)
                .hasMessage(message);
    }

    @Test
    void generation_blocks_are_reported_with_their_place() {
        var t = JinjaTemplate.parse("t", "{% for x in xs %}<{% generation %}a{{ x }}{% endgeneration %}>{% endfor %}");
        Rendered r = t.render(VARIABLES, Limits.defaults());
        assertThat(r.text()).isEqualTo("<a3><a1><a2>");
        assertThat(r.generations()).containsExactly(range(1, 3), range(5, 7), range(9, 11));
        assertThat(t.generating()).isTrue();
    }

    private static Rendered.Range range(int start, int end) {
        return new Rendered.Range(start, end);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}¦nests deeper than 400 levels",
                "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}¦"
                        + "takes more than 10000000",
                "{% for a in range(9999999999) %}{% endfor %}¦range: argument is int, expected an integer",
                "{% for a in range(2000000000) %}{% endfor %}¦makes a list of 2000000000 items",
                "{{ 'a' * 999999999 }}¦makes a text longer than 33554432",
                "{% set n = namespace(s='aaaaaaaa') %}{% for a in range(99) %}{% set n.s = n.s ~ n.s %}{% endfor %}"
                        + "¦makes a text longer than 33554432",
                "{% for a in range(99999) %}{{ 'a' * 9999 }}{% endfor %}¦makes",
                "{% set n = namespace(s=[1]) %}{% for a in range(60) %}{% set n.s = [n.s, n.s] %}{% endfor %}"
                        + "{{ n.s|tojson }}¦takes more than 10000000",
                "{% set n = namespace(s=[1]) %}{% for a in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}"
                        + "¦makes a list of",
                "{{ 'a'.replace('', 'b' * 9999999) * 9 }}¦makes",
                "{{ '%999d'|format(1) * 99999999 }}¦makes",
                "{{ 9 ** 9 ** 9 }}¦is larger than 64 bits",
            })
    void bombs_are_stopped(String source, String message) {
        assertThatThrownBy(() -> render(source))
                .isInstanceOf(TemplateException.class)
                .hasMessageContaining(message);
    }

    @Test
    void deep_nesting_in_the_source_is_stopped() {
        assertThatThrownBy(() -> render("{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}"))
                .hasMessageContaining("nests deeper than 100 levels");
        assertThatThrownBy(() -> render("{{ " + "not ".repeat(100_000) + "1 }}"))
                .hasMessageContaining("nests deeper than 100 levels");
        assertThatThrownBy(() -> render("{{ " + "-".repeat(100_000) + "1 }}"))
                .hasMessageContaining("nests deeper than 100 levels");
        assertThatThrownBy(() -> render("{{ 1" + " + 1".repeat(100_000) + " }}"))
                .hasMessageContaining("nests deeper than 400 levels");
        assertThatThrownBy(() -> render("{% if true %}".repeat(100_000)))
                .hasMessageContaining("nests deeper than 100 levels");
        assertThatThrownBy(() -> render("{{ 1 if 1 else ".repeat(1) + "1 if 1 else ".repeat(100_000) + "1 }}"))
                .hasMessageContaining("nests deeper than 100 levels");
        assertThatThrownBy(() -> render("{{ 1" + " if 1".repeat(100_000) + " }}"))
                .hasMessageContaining("nests deeper than 400 levels");
    }
}
