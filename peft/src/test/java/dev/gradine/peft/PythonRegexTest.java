package dev.gradine.peft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Regular expressions as Python 3.11's `re` reads them. Its answers stand in the tables: they were asked of it.
class PythonRegexTest {

    private static final String PATH = "model.layers.11.self_attn.q_proj";

    /// `re.fullmatch(pattern, text)`
    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '"',
            value = {
                ".*\\.(q|v)_proj ~ model.layers.11.self_attn.q_proj ~ true",
                "(q|v)_proj ~ model.layers.11.self_attn.q_proj ~ false",
                "model\\.layers\\.(?P<n>\\d+)\\..* ~ model.layers.11.self_attn.q_proj ~ true",
                "model\\.layers\\.(?P<d>\\d)(?P=d)\\..* ~ model.layers.11.self_attn.q_proj ~ true",
                "model\\.layers\\.(?P<d_1>\\d)(?P=d_1)\\.self_attn\\.q_proj\\Z ~ model.layers.11.self_attn.q_proj ~ true",
                ".*\\.layers\\.([0-9]|1[01])\\..* ~ model.layers.11.self_attn.q_proj ~ true",
                "(?i)MODEL\\.LAYERS\\..*Q_PROJ ~ model.layers.11.self_attn.q_proj ~ true",
                "MODEL.* ~ model.layers.11.self_attn.q_proj ~ false",
                "(?i:MODEL)\\.layers.* ~ model.layers.11.self_attn.q_proj ~ true",
                "(?i:MODEL)\\.LAYERS.* ~ model.layers.11.self_attn.q_proj ~ false",
                ".*[[]?q_proj ~ model.layers.11.self_attn.q_proj ~ true",
                "[]a-z._0-9]+ ~ model.layers.11.self_attn.q_proj ~ true",
                "[]a-z._0-9]+ ~ a ~ true",
                "[]a-z._0-9]+ ~ aa ~ true",
                "[]a-z._0-9]+ ~ aaa ~ true",
                "[]a-z._0-9]+ ~ abcd ~ true",
                "[]a-z._0-9]+ ~ bc ~ true",
                "[]a-z._0-9]+ ~ b ~ true",
                "[]a-z._0-9]+ ~ ] ~ true",
                "[]a-z._0-9]+ ~ abc ~ true",
                "[^]]+ ~ model.layers.11.self_attn.q_proj ~ true",
                "[^]]+ ~ a ~ true",
                "[^]]+ ~ aa ~ true",
                "[^]]+ ~ aaa ~ true",
                "[^]]+ ~ abcd ~ true",
                "[^]]+ ~ a{ ~ true",
                "[^]]+ ~ bc ~ true",
                "[^]]+ ~ - ~ true",
                "[^]]+ ~ b ~ true",
                "[^]]+ ~ [ ~ true",
                "[^]]+ ~ é ~ true",
                "[^]]+ ~ abc ~ true",
                "[^]]+ ~ ac-e ~ true",
                "[^]]+ ~ A ~ true",
                "[a-z&&[^q]]+ ~ model.layers.11.self_attn.q_proj ~ false",
                "[a-z&&[^q]]+ ~ a ~ false",
                "[\\w.]+ ~ model.layers.11.self_attn.q_proj ~ true",
                "[\\w.]+ ~ a ~ true",
                "[\\w.]+ ~ aa ~ true",
                "[\\w.]+ ~ aaa ~ true",
                "[\\w.]+ ~ abcd ~ true",
                "[\\w.]+ ~ bc ~ true",
                "[\\w.]+ ~ - ~ false",
                "[\\w.]+ ~ b ~ true",
                "[\\w.]+ ~ é ~ true",
                "[\\w.]+ ~ abc ~ true",
                "[\\w.]+ ~ A ~ true",
                "[\\W\\w]+ ~ model.layers.11.self_attn.q_proj ~ true",
                "[\\W\\w]+ ~ a ~ true",
                "[\\W\\w]+ ~ aa ~ true",
                "[\\W\\w]+ ~ aaa ~ true",
                "[\\W\\w]+ ~ abcd ~ true",
                "[\\W\\w]+ ~ a{ ~ true",
                "[\\W\\w]+ ~ bc ~ true",
                "[\\W\\w]+ ~ - ~ true",
                "[\\W\\w]+ ~ b ~ true",
                "[\\W\\w]+ ~ [ ~ true",
                "[\\W\\w]+ ~ ] ~ true",
                "[\\W\\w]+ ~ é ~ true",
                "[\\W\\w]+ ~ abc ~ true",
                "[\\W\\w]+ ~ ac-e ~ true",
                "[\\W\\w]+ ~ A ~ true",
                "[a\\-z]+ ~ model.layers.11.self_attn.q_proj ~ false",
                "[a\\-z]+ ~ a ~ true",
                "[a\\-z]+ ~ aa ~ true",
                "[a\\-z]+ ~ aaa ~ true",
                "[a\\-z]+ ~ - ~ true",
                "[a-]+ ~ model.layers.11.self_attn.q_proj ~ false",
                "[a-]+ ~ a ~ true",
                "[a-]+ ~ aa ~ true",
                "[a-]+ ~ aaa ~ true",
                "[a-]+ ~ - ~ true",
                ".*layers\\.\\d{1,}\\.self_attn\\.[qkv]_proj ~ model.layers.11.self_attn.q_proj ~ true",
                ".*\\d{2}.* ~ model.layers.11.self_attn.q_proj ~ true",
                ".*\\d{,1}\\.self.* ~ model.layers.11.self_attn.q_proj ~ true",
                ".*\\d{3}.* ~ model.layers.11.self_attn.q_proj ~ false",
                "(?:model\\.)++layers.* ~ model.layers.11.self_attn.q_proj ~ true",
                ".*+q_proj ~ model.layers.11.self_attn.q_proj ~ false",
                "(?>.*)q_proj ~ model.layers.11.self_attn.q_proj ~ false",
                "model.*?q_proj$ ~ model.layers.11.self_attn.q_proj ~ true",
                "^model.* ~ model.layers.11.self_attn.q_proj ~ true",
                ".*^model.* ~ model.layers.11.self_attn.q_proj ~ true",
                "(?=model).* ~ model.layers.11.self_attn.q_proj ~ true",
                "(?!model).* ~ model.layers.11.self_attn.q_proj ~ false",
                "(?!model).* ~ a ~ true",
                "(?!model).* ~ aa ~ true",
                "(?!model).* ~ aaa ~ true",
                "(?!model).* ~ abcd ~ true",
                "(?!model).* ~  ~ true",
                "(?!model).* ~ a{ ~ true",
                "(?!model).* ~ bc ~ true",
                "(?!model).* ~ - ~ true",
                "(?!model).* ~ b ~ true",
                "(?!model).* ~ [ ~ true",
                "(?!model).* ~ ] ~ true",
                "(?!model).* ~ é ~ true",
                "(?!model).* ~ abc ~ true",
                "(?!model).* ~ ac-e ~ true",
                "(?!model).* ~ A ~ true",
                ".*(?<=q_)proj ~ model.layers.11.self_attn.q_proj ~ true",
                ".*(?<!q_)proj ~ model.layers.11.self_attn.q_proj ~ false",
                ".*(?<=\\.)\\d\\d\\..* ~ model.layers.11.self_attn.q_proj ~ true",
                "(m)?odel.* ~ model.layers.11.self_attn.q_proj ~ true",
                "(x)?(?(1)y|model).* ~ model.layers.11.self_attn.q_proj ~ true",
                "(m)(?(1)odel|x).* ~ model.layers.11.self_attn.q_proj ~ true",
                "(?P<a>m)(?(a)odel|x).* ~ model.layers.11.self_attn.q_proj ~ true",
                ".*(?#comment)q_proj ~ model.layers.11.self_attn.q_proj ~ true",
                "(?x) model \\. layers .* # all ~ model.layers.11.self_attn.q_proj ~ true",
                "(?s).* ~ model.layers.11.self_attn.q_proj ~ true",
                "(?s).* ~ a ~ true",
                "(?s).* ~ aa ~ true",
                "(?s).* ~ aaa ~ true",
                "(?s).* ~ abcd ~ true",
                "(?s).* ~  ~ true",
                "(?s).* ~ a{ ~ true",
                "(?s).* ~ bc ~ true",
                "(?s).* ~ - ~ true",
                "(?s).* ~ b ~ true",
                "(?s).* ~ [ ~ true",
                "(?s).* ~ ] ~ true",
                "(?s).* ~ é ~ true",
                "(?s).* ~ abc ~ true",
                "(?s).* ~ ac-e ~ true",
                "(?s).* ~ A ~ true",
                "model\\x2elayers.* ~ model.layers.11.self_attn.q_proj ~ true",
                "model\\056layers.* ~ model.layers.11.self_attn.q_proj ~ true",
                "\\bmodel\\b.* ~ model.layers.11.self_attn.q_proj ~ true",
                ".*\\Bproj ~ model.layers.11.self_attn.q_proj ~ true",
                ".*\\bproj ~ model.layers.11.self_attn.q_proj ~ false",
                "a{ ~ model.layers.11.self_attn.q_proj ~ false",
                "a{ ~ a{ ~ true",
                "a{,} ~ model.layers.11.self_attn.q_proj ~ false",
                "a{,} ~ a ~ true",
                "a{,} ~ aa ~ true",
                "a{,} ~ aaa ~ true",
                "a{,} ~  ~ true",
                "a{2} ~ model.layers.11.self_attn.q_proj ~ false",
                "a{2} ~ aa ~ true",
                "a{1,2}? ~ model.layers.11.self_attn.q_proj ~ false",
                "a{1,2}? ~ a ~ true",
                "a{1,2}? ~ aa ~ true",
                "(a|b)* ~ model.layers.11.self_attn.q_proj ~ false",
                "(a|b)* ~ a ~ true",
                "(a|b)* ~ aa ~ true",
                "(a|b)* ~ aaa ~ true",
                "(a|b)* ~  ~ true",
                "(a|b)* ~ b ~ true",
                "(a|b)* ~ [ ~ false",
                "(a*)* ~ model.layers.11.self_attn.q_proj ~ false",
                "(a*)* ~ a ~ true",
                "(a*)* ~ aa ~ true",
                "(a*)* ~ aaa ~ true",
                "(a*)* ~  ~ true",
                "(a|ab)(c|bcd)(d*) ~ model.layers.11.self_attn.q_proj ~ false",
                "((a)|b)*\\2 ~ model.layers.11.self_attn.q_proj ~ false",
                "((a)|b)*\\2 ~ aa ~ true",
                "((a)|b)*\\2 ~ aaa ~ true",
                "(?:a|b){3} ~ model.layers.11.self_attn.q_proj ~ false",
                "(?:a|b){3} ~ aaa ~ true",
                "a|b| ~ model.layers.11.self_attn.q_proj ~ false",
                "a|b| ~ a ~ true",
                "a|b| ~ aa ~ false",
                "a|b| ~  ~ true",
                "a|b| ~ b ~ true",
                "\\. ~ model.layers.11.self_attn.q_proj ~ false",
                "\\- ~ model.layers.11.self_attn.q_proj ~ false",
                "\\- ~ - ~ true",
                "[\\b] ~ model.layers.11.self_attn.q_proj ~ false",
                "[\\b] ~ a ~ false",
                "[\\d.]+ ~ model.layers.11.self_attn.q_proj ~ false",
                "\\141 ~ model.layers.11.self_attn.q_proj ~ false",
                "\\141 ~ a ~ true",
                "(a)\\1 ~ model.layers.11.self_attn.q_proj ~ false",
                "(a)\\1 ~ aa ~ true",
                "x{0} ~ model.layers.11.self_attn.q_proj ~ false",
                "x{0} ~ a ~ false",
                "x{0} ~  ~ true",
                "(?-i:a) ~ model.layers.11.self_attn.q_proj ~ false",
                "(?-i:a) ~ a ~ true",
                "(?im)A ~ model.layers.11.self_attn.q_proj ~ false",
                "(?im)A ~ a ~ true",
                "(?im)A ~ A ~ true",
                ". ~ model.layers.11.self_attn.q_proj ~ false",
                ". ~ a ~ true",
                ". ~ - ~ true",
                ". ~ b ~ true",
                ". ~ [ ~ true",
                ". ~ ] ~ true",
                ". ~ é ~ true",
                ". ~ abc ~ false",
                ". ~ A ~ true",
                "\\w+ ~ model.layers.11.self_attn.q_proj ~ false",
                "\\w+ ~ a ~ true",
                "\\w+ ~ aa ~ true",
                "\\w+ ~ aaa ~ true",
                "\\w+ ~ abcd ~ true",
                "\\w+ ~  ~ false",
                "\\w+ ~ bc ~ true",
                "\\w+ ~ b ~ true",
                "\\w+ ~ é ~ true",
                "\\w+ ~ abc ~ true",
                "\\w+ ~ A ~ true",
                "é ~ model.layers.11.self_attn.q_proj ~ false",
                "é ~ a ~ false",
                "é ~ é ~ true",
                "\\s* ~ model.layers.11.self_attn.q_proj ~ false",
                "\\s* ~  ~ true",
                "[a-c-e]+ ~ model.layers.11.self_attn.q_proj ~ false",
                "[a-c-e]+ ~ a ~ true",
                "[a-c-e]+ ~ aa ~ true",
                "[a-c-e]+ ~ aaa ~ true",
                "[a-c-e]+ ~ bc ~ true",
                "[a-c-e]+ ~ - ~ true",
                "[a-c-e]+ ~ b ~ true",
                "[a-c-e]+ ~ abc ~ true",
                "[a-c-e]+ ~ ac-e ~ true",
                "(?:q_proj|k_proj)|.*self_attn\\.(?:q_proj|o_proj) ~ model.layers.11.self_attn.q_proj ~ true",
                "(?:.*?(?:language|text|layers).*?(?:self_attn|attention|mlp).*?(?:k_proj|v_proj|q_proj).*?) ~ model.layers.11.self_attn.q_proj ~ true",
                "(.*\\.)?(q_proj) ~ model.layers.11.self_attn.q_proj ~ true",
                "(ab?)*?c ~ model.layers.11.self_attn.q_proj ~ false",
                "(ab?)*?c ~ abc ~ true",
                "(a){2,3}\\1 ~ model.layers.11.self_attn.q_proj ~ false",
                "(a){2,3}\\1 ~ aaa ~ true",
            })
    void all_of_a_text_matches_where_it_does_in_python(String pattern, String text, boolean matches) {
        assertThat(PythonRegex.of("x", pattern).matchesAll(text == null ? "" : text))
                .isEqualTo(matches);
    }

    /// What Python refuses, and its words for it.
    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '"',
            value = {
                "*q ~ nothing to repeat ",
                "(q ~ missing ), unterminated subpattern ",
                "q) ~ unbalanced parenthesis ",
                "[q ~ unterminated character set ",
                "a** ~ multiple repeat ",
                "a{2}{3} ~ multiple repeat ",
                "a{3,2} ~ min repeat greater than max repeat ",
                "\\Q ~ bad escape \\Q ",
                "\\p ~ bad escape \\p ",
                "[z-a] ~ bad character range z-a ",
                "[\\w-a] ~ bad character range \\w-a ",
                "(?P=n) ~ unknown group name 'n' ",
                "(?P<n>a)(?P<n>b) ~ redefinition of group name 'n' as group 2; was group 1 ",
                "\\2 ~ invalid group reference 2 ",
                "(a\\1) ~ cannot refer to an open group ",
                "(?<=a*)b ~ look-behind requires fixed-width pattern ",
                "a(?i)b ~ global flags not at the start of the expression ",
                "(?z) ~ unknown extension ?z ",
                "(?P<1a>b) ~ bad character in group name '1a' ",
                "q\\ ~ bad escape (end of pattern) ",
                "\\x4 ~ incomplete escape \\x4 ",
                "(?# ~ missing ), unterminated comment ",
                "(?P<n ~ missing >, unterminated name ",
                "(?(1)a|b) ~ invalid group reference 1 ",
                "^* ~ nothing to repeat ",
                "(a)(?(1)b|c|d) ~ conditional backref with more than two branches ",
                "a+++ ~ multiple repeat ",
                "\\377\\400 ~ octal escape value \\400 outside of range 0-0o377 ",
            })
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
        long start = System.nanoTime();
        assertThatThrownBy(() -> PythonRegex.of("x", pattern).matchesAll(PATH))
                .isInstanceOf(AdapterException.class)
                .hasMessage(
                        "pattern: %s takes too many steps on %s, expected a simpler regular expression", pattern, PATH);
        assertThat(System.nanoTime() - start).isLessThan(2_000_000_000L);
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
