package dev.gradine.serve.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.serve.ScriptedServed;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Calls of functions in what models write.
class ToolTextTest {

    private static final String CALL = "<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call>";

    private static ToolText of(boolean several) {
        return new ToolText(new ToolSet(Set.of("add", "now"), Map.of(), several));
    }

    /// What is shown, a character at a time.
    private static String shown(ToolText text, String written) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < written.length(); i++) out.append(text.take(written.substring(i, i + 1)));
        return out + text.finish();
    }

    @Test
    void calls_in_tags_are_taken_out_and_the_text_before_them_is_kept() {
        ToolText text = of(true);
        assertThat(shown(text, "I add < 2.\n" + CALL + "\n" + CALL.replace("1", "2")))
                .isEqualTo("I add < 2.\n");
        assertThat(text.calls())
                .containsExactly(new ToolCall("add", Map.of("a", 1)), new ToolCall("add", Map.of("a", 2)));
    }

    @Test
    void calls_that_are_the_whole_text_are_taken_out() {
        ToolText text = of(true);
        assertThat(shown(
                        text,
                        "{\"name\": \"add\", \"parameters\": {\"a\": 1}}; "
                                + "{\"name\": \"now\", \"parameters\": {}}"))
                .isEmpty();
        assertThat(text.calls()).containsExactly(new ToolCall("add", Map.of("a", 1)), new ToolCall("now", Map.of()));
    }

    @Test
    void what_is_no_call_of_a_known_function_is_text_to_the_letter() {
        for (String written : new String[] {
            "{\"name\": \"other\", \"parameters\": {}}",
            " {\"a\": 1}",
            "x <tool_call> {broken",
            "<tool_call>{\"name\": \"add\"}</tool_call>",
            "a <tool",
            "plain"
        }) {
            ToolText text = of(true);
            assertThat(shown(text, written)).isEqualTo(written);
            assertThat(text.calls()).isEmpty();
        }
    }

    @Test
    void of_several_calls_the_first_is_kept_where_one_is_asked_for() {
        ToolText text = of(false);
        shown(text, CALL + CALL);
        assertThat(text.calls()).hasSize(1);
    }

    private static final String TOOLS = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"add\","
            + "\"description\":\"adds\",\"parameters\":{\"type\":\"object\"}}}]";

    private static String body(String more) {
        return "{\"model\":\"base\",\"messages\":[{\"role\":\"user\","
                + "\"content\":\"1+1\"}],\"max_tokens\":150," + TOOLS
                + more + "}";
    }

    private static Asking asking() {
        Asking asking = new Asking(ServerOptions.defaults());
        asking.model().template("{% if tools %}{{ tools[0].function.name }}:{% endif %}{{ messages[-1].content }}");
        asking.model().script(ScriptedServed.saying(CALL));
        return asking;
    }

    @Test
    void a_call_is_answered_as_the_openai_api_has_it() {
        try (Asking asking = asking()) {
            HttpResponse<String> answer = asking.post("/v1/chat/completions", body(""));
            assertThat(asking.prompt()).isEqualTo("add:1+1");
            assertThat(answer.body())
                    .containsPattern("\"message\":\\{\"role\":\"assistant\",\"content\":null,\"refusal\":null,"
                            + "\"tool_calls\":\\[\\{\"id\":\"call_[0-9a-f]{24}\",\"type\":\"function\",\"function\":"
                            + "\\{\"name\":\"add\",\"arguments\":\"\\{\\\\\"a\\\\\":1}\"}}]}")
                    .contains("\"finish_reason\":\"tool_calls\"");
        }
    }

    @Test
    void a_streamed_call_comes_whole_with_its_index() {
        try (Asking asking = asking()) {
            HttpResponse<String> answer = asking.post("/v1/chat/completions", body(",\"stream\":true"));
            assertThat(answer.body().split("\n\n")).hasSize(4);
            assertThat(answer.body())
                    .containsPattern("\"delta\":\\{\"tool_calls\":\\[\\{\"index\":0,\"id\":\"call_")
                    .contains("\"delta\":{},\"logprobs\":null,\"finish_reason\":\"tool_calls\"");
        }
    }

    @Test
    void without_choice_tools_are_neither_told_nor_parsed() {
        try (Asking asking = asking()) {
            HttpResponse<String> answer = asking.post("/v1/chat/completions", body(",\"tool_choice\":\"none\""));
            assertThat(asking.prompt()).isEqualTo("1+1");
            assertThat(answer.body()).contains("<tool_call>").contains("\"finish_reason\":\"stop\"");
        }
    }

    @Test
    void calls_and_results_of_earlier_turns_reach_the_template_as_values() {
        try (Asking asking = asking()) {
            asking.model()
                    .template("{{ messages[0].tool_calls[0].function.arguments.a "
                            + "+ 1 }}|{{ messages[1].content }}"
                            + "|{{ messages[1].tool_call_id }}");
            String turns = "{\"model\":\"base\",\"messages\":[{\"role\":\"assistant\","
                    + "\"content\":null,\"tool_calls\":["
                    + "{\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"add\","
                    + "\"arguments\":\"{\\\"a\\\":4}\"}}]},"
                    + "{\"role\":\"tool\",\"tool_call_id\":\"c\",\"content\":\"5\"}]}";
            assertThat(asking.post("/v1/chat/completions", turns).statusCode()).isEqualTo(200);
            assertThat(asking.prompt()).isEqualTo("5|5|c");
        }
    }
}
