package dev.gradine.cli.fuzz;

import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.chat.Message;
import dev.gradine.data.jinja.TemplateException;
import dev.gradine.testkit.TinyText;
import dev.gradine.testkit.fuzz.FileKind;
import dev.gradine.testkit.fuzz.Mutation;
import dev.gradine.testkit.fuzz.Original;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// Chat templates. What is a template renders a conversation.
final class TemplateFuzz {

    private static final String NAME = "chat_template.jinja";

    private static final String MIXED = """
            {%- set ns = namespace(n=0) -%}{% for m in messages if m.content is defined %}
            {% if loop.first and m.role != 'system' %}{{ bos_token }}{% endif %}
            <|{{ m.role }}|>{{ m['content'] | trim }}{% set ns.n = ns.n + loop.index0 * 2 %}{% endfor %}
            {% macro t(x, y=[1, 2]) %}{{ x }}{{ y[::-1] | join(',') }}{% endmacro %}{{ t('a' * 3) }}
            {{ {'a': 1} | tojson }}{% if add_generation_prompt %}<|assistant|>{% endif %}
            """;

    private static final String TOOLS = """
            {% if tools is not none %}{% for t in tools | selectattr('type', 'equalto', 'function') %}
            {{ t.function | tojson(indent=2) }}{% endfor %}{% endif %}{% set a, b = [1, 2] %}
            {% for m in messages | reverse %}{% if m.role in ['user', "system"] and not loop.last %}
            {{ m.content.split('\\n')[0].strip() ~ (m.name | default('x', true)) | upper }}{% elif m.tool_calls %}
            {% for c in m.tool_calls %}{{ c.arguments | items | list }}{% endfor %}{% else %}
            {{ '%s-%03d' % (m.role, a + b ** 2 // 3) }}{{ raise_exception('no') if a > 9 else strftime_now('%Y') }}
            {% endif %}{% endfor %}{% filter trim %} {{ range(3) | map('string') | join }} {% endfilter %}
            """;

    private static final List<String> WORDS = List.of(
            "{% for i in range(9999999) %}",
            "{% for i in messages recursive %}{{ loop(messages) }}",
            "{% endfor %}",
            "{% macro t(x) %}{{ t(x) }}",
            "{% endmacro %}",
            "{{ messages }}",
            "|tojson",
            "|list",
            "|sort",
            "|map('upper')",
            " * 99999999",
            " ** 99999999",
            "'%99999999d' % 1",
            ".format(1)",
            ".__class__",
            "['a']",
            "[::-1]",
            "~",
            "{#",
            "{%",
            "%}",
            "}}",
            "((((((((",
            "not not not ",
            "null",
            "-1",
            "9223372036854775807",
            "1e999",
            "\u0000");

    private TemplateFuzz() {}

    static List<FileKind> kinds() {
        List<Original> originals = Stream.of(MIXED, TOOLS, TinyText.TEMPLATE)
                .map(t -> new Original(t.getBytes(StandardCharsets.UTF_8), NAME, TemplateFuzz::read))
                .toList();
        return List.of(new FileKind("template", originals, new Mutation(WORDS), Set.of(TemplateException.class)));
    }

    private static void read(byte[] file) {
        ChatTemplate.parse(NAME, new String(file, StandardCharsets.UTF_8))
                .render(
                        List.of(
                                new Message("system", "s"),
                                new Message("user", "hi\nyou"),
                                new Message("assistant", "yo")),
                        Map.of("bos_token", "<s>"),
                        true);
    }
}
