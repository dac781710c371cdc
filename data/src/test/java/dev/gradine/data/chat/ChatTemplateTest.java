package dev.gradine.data.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gradine.data.jinja.None;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What a template sees of messages and variables; expected texts are what transformers 5 renders.
class ChatTemplateTest {
    private static String render(String source, Message message) {
        return ChatTemplate.parse(source).render(List.of(message), Map.of(), false);
    }

    private static Map<String, Object> map(Object... keysAndValues) {
        Map<String, Object> out = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) out.put((String) keysAndValues[i], keysAndValues[i + 1]);
        return out;
    }

    @Test
    void a_field_that_is_null_is_absent() {
        var message = new Message("assistant", "", map("content", None.NONE, "name", None.NONE, "id", 1));
        assertThat(render("{% for m in messages %}[{{ m.content }}]{{ m|tojson }}{% endfor %}", message))
                .isEqualTo("[]{\"role\": \"assistant\", \"id\": 1}");
    }

    @Test
    void a_null_in_a_tool_call_is_absent_and_a_null_argument_is_data() {
        Object function = map("name", "f", "strict", None.NONE, "arguments", map("a", None.NONE));
        var message =
                new Message("assistant", "x", map("tool_calls", List.of(map("id", None.NONE, "function", function))));
        assertThat(render("{{ messages[0].tool_calls|tojson }}", message))
                .isEqualTo("[{\"function\": {\"name\": \"f\", \"arguments\": {\"a\": null}}}]");
    }

    @Test
    void a_thought_is_there_as_reasoning_content_too() {
        String source = "{{ messages[0].reasoning_content }},{{ messages[0].thinking }}";
        assertThat(render(source, new Message("assistant", "x", map("thinking", "t"))))
                .isEqualTo("t,t");
        assertThat(render(source, new Message("assistant", "x", map("reasoning", "r"))))
                .isEqualTo("r,");
        assertThat(render(source, new Message("assistant", "x", map("reasoning", "r", "reasoning_content", "c"))))
                .isEqualTo("c,");
        assertThat(render(source, new Message("assistant", "x", map("thinking", None.NONE))))
                .isEqualTo(",");
    }

    @Test
    void extras_keep_their_order() {
        Map<String, Object> extras = new LinkedHashMap<>();
        StringBuilder expected = new StringBuilder("role content ");
        for (int i = 0; i < 20; i++) {
            extras.put("k" + i, i);
            expected.append('k').append(i).append(' ');
        }
        assertThat(render("{% for k in messages[0] %}{{ k }} {% endfor %}", new Message("user", "", extras)))
                .isEqualTo(expected.toString());
    }

    @Test
    void tools_choose_the_template_for_them() {
        ChatTemplate t = ChatTemplate.parse("m", Map.of("default", "d", "tool_use", "t", "rag", "{% broken"));
        assertThat(t.render(List.of(), Map.of(), false)).isEqualTo("d");
        assertThat(t.render(List.of(), Map.of("tools", None.NONE), false)).isEqualTo("d");
        assertThat(t.render(List.of(), Map.of("tools", List.of()), false)).isEqualTo("t");
        ChatTemplate one = ChatTemplate.parse("m", Map.of("default", "d"));
        assertThat(one.render(List.of(), Map.of("tools", List.of()), false)).isEqualTo("d");
        assertThat(ChatTemplate.parse("m", Map.of("default", "d", "tool_use", "{% generation %}{% endgeneration %}"))
                        .marksGeneration(Map.of("tools", List.of())))
                .isTrue();
    }

    @Test
    void templates_without_a_default_are_named() {
        ChatTemplate t = ChatTemplate.parse("m: chat template", Map.of("rag", "r", "tool_use", "t"));
        assertThat(t.render(List.of(), Map.of("tools", List.of()), false)).isEqualTo("t");
        assertThatThrownBy(() -> t.render(List.of(), Map.of(), false))
                .hasMessage("m: chat template: there are rag, tool_use and none called default; choose one with"
                        + " --chat-template NAME");
    }
}
