package dev.gradine.serve.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.nn.generate.WritingRule.Reports;
import dev.gradine.serve.ScriptedServed;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the server answers to a chat, not streamed, and to what it does not answer.
class ServerTest {

    private static final String HI = "\"model\":\"sql\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    private final Asking asking = new Asking(ServerOptions.defaults());
    private final ScriptedServed model = asking.model();

    @AfterEach
    void close() {
        asking.close();
    }

    private HttpResponse<String> chat(String more) {
        return asking.post("/v1/chat/completions", "{" + HI + more + "}");
    }

    @Test
    void models_are_the_base_and_its_adapters_by_name() {
        String base = "{\"id\":\"base\",\"object\":\"model\",\"created\":1700000000,\"owned_by\":\"gradine\","
                + "\"root\":\"/models/base\",\"parent\":null,\"max_model_len\":200}";
        String sql = base.replace("\"id\":\"base\"", "\"id\":\"sql\"")
                .replace("/models/base", "/adapters/sql")
                .replace("null", "\"base\"");
        String other = sql.replace("sql", "a.b");
        assertThat(asking.get("/v1/models").body())
                .isEqualTo("{\"object\":\"list\",\"data\":[" + base + "," + other + "," + sql + "]}");
        assertThat(asking.get("/v1/models/sql").body()).isEqualTo(sql);
        assertThat(asking.get("/v1/models/none").statusCode()).isEqualTo(404);
    }

    @Test
    void a_chat_is_answered_in_the_shape_of_the_openai_api() {
        HttpResponse<String> answer = chat("");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
        assertThat(answer.headers().firstValue("x-gradine-seed").orElse("")).matches("\\d{1,16}");
        assertThat(answer.body())
                .matches("\\{\"id\":\"chatcmpl-[0-9a-f]{24}\",\"object\":\"chat.completion\",\"created\":\\d{10},"
                        + "\"model\":\"sql\",\"system_fingerprint\":\"b0-sql\","
                        + "\"choices\":\\[\\{\"index\":0,\"message\":"
                        + "\\{\"role\":\"assistant\",\"content\":\"Hello\",\"refusal\":null},\"logprobs\":null,"
                        + "\"finish_reason\":\"stop\"}],\"usage\":\\{\"prompt_tokens\":21,\"completion_tokens\":5,"
                        + "\"total_tokens\":26,\"prompt_tokens_details\":\\{\"cached_tokens\":0}}}");
    }

    @Test
    void the_prompt_is_the_rendered_chat() {
        chat("");
        assertThat(asking.prompt()).isEqualTo("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n");
        chat(",\"add_generation_prompt\":false");
        assertThat(asking.prompt()).isEqualTo("<|im_start|>user\nhi<|im_end|>\n");
    }

    @Test
    void developers_are_the_system_and_parts_are_lines() {
        asking.post(
                "/v1/chat/completions",
                "{\"model\":\"base\",\"messages\":[{\"role\":\"developer\","
                        + "\"content\":\"be brief\"},{\"role\":\"user\","
                        + "\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}]}");
        assertThat(asking.prompt()).isEqualTo("""
                        <|im_start|>system
                        be brief<|im_end|>
                        <|im_start|>user
                        a
                        b<|im_end|>
                        <|im_start|>assistant
                        """);
    }

    @Test
    void a_last_message_of_the_assistant_is_continued() {
        String body = "{\"model\":\"base\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},"
                + "{\"role\":\"assistant\",\"content\":\"Well, \"}]";
        HttpResponse<String> answer = asking.post("/v1/chat/completions", body + "}");
        assertThat(asking.prompt()).isEqualTo("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nWell, ");
        assertThat(answer.body()).contains("\"content\":\"Hello\"");
        answer = asking.post("/v1/chat/completions", body + ",\"echo\":true}");
        assertThat(answer.body()).contains("\"content\":\"Well, Hello\"");
        asking.post("/v1/chat/completions", body + ",\"add_generation_prompt\":true}");
        assertThat(asking.prompt()).endsWith("Well, <|im_end|>\n<|im_start|>assistant\n");
    }

    @Test
    void the_newer_name_of_the_limit_wins_and_a_limit_beyond_the_context_is_clamped() {
        assertThat(chat(",\"max_tokens\":4,\"max_completion_tokens\":2").body())
                .contains("\"content\":\"He\"")
                .contains("\"finish_reason\":\"length\"")
                .contains("\"completion_tokens\":2");
        chat(",\"max_tokens\":100000");
        assertThat(model.asked().getLast().rule().maxTokens()).isEqualTo(179);
        chat("");
        assertThat(model.asked().getLast().rule().maxTokens()).isEqualTo(179);
    }

    @Test
    void a_stop_string_ends_the_text_at_its_last_token() {
        HttpResponse<String> answer = chat(",\"stop\":[\"zz\",\"ll\"]");
        assertThat(answer.body())
                .contains("\"content\":\"He\"")
                .contains("\"finish_reason\":\"stop\"")
                .contains("\"completion_tokens\":4");
        assertThat(chat(",\"stop\":\"llX\"").body()).contains("\"content\":\"Hello\"");
        assertThat(chat(",\"stop\":\"el\",\"min_tokens\":3").body()).contains("\"content\":\"Hello\"");
    }

    @Test
    void n_texts_draw_from_generators_of_their_own() {
        HttpResponse<String> answer = chat(",\"n\":3,\"seed\":7");
        assertThat(answer.headers().firstValue("x-gradine-seed")).hasValue("7");
        assertThat(answer.body())
                .contains("\"index\":0", "\"index\":1", "\"index\":2")
                .contains("_tokens\":15");
        assertThat(model.asked().getLast().texts()).isEqualTo(3);
        assertThat(chat(",\"n\":9").body()).contains("n is 9, expected a whole number from 1 to 8");
    }

    @Test
    void log_probabilities_name_each_token_with_its_bytes() {
        model.script(ScriptedServed.saying("é"));
        assertThat(chat(",\"logprobs\":true,\"top_logprobs\":2").body())
                .contains("\"content\":\"é\"")
                .contains("\"logprobs\":{\"content\":[{\"token\":\"\uFFFD\",\"logprob\":-1.27,\"bytes\":[195],"
                        + "\"top_logprobs\":[{\"token\":\"\uFFFD\",\"logprob\":-1.27,\"bytes\":[195]},"
                        + "{\"token\":\"c\",\"logprob\":-5.0,\"bytes\":[99]}]},")
                .contains("\"bytes\":[169]")
                .contains("],\"refusal\":null}");
        assertThat(model.asked().getLast().rule().reports().likeliest()).isEqualTo(2);
    }

    @Test
    void ids_are_told_where_they_are_asked_for() {
        assertThat(chat(",\"return_token_ids\":true,\"max_tokens\":2").body())
                .contains("\"token_ids\":[39,68]}")
                .contains("\"prompt_token_ids\":[257,84,");
    }

    @Test
    void several_adapters_act_together_and_an_empty_list_means_none() {
        String body = "{\"model\":\"base\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"lora\":";
        assertThat(asking.post("/v1/chat/completions", body + "[{\"id\":\"sql\",\"scale\":0.5},{\"id\":1}]}")
                        .body())
                .contains("\"system_fingerprint\":\"b0-{sql=0.5, a.b=1.0}\"");
        assertThat(asking.post("/v1/chat/completions", body + "[]}").body())
                .contains("\"system_fingerprint\":\"b0-{}\"");
        assertThat(asking.post("/v1/chat/completions", body + "[{\"id\":2}]}").body())
                .contains("lora[0].id is 2, expected the name of an adapter, or its number below 2");
        assertThat(chat(",\"lora\":[]").body())
                .contains("lora goes with the base model `base`," + " not with an adapter");
    }

    @Test
    void numbers_reach_the_rule() {
        chat(",\"temperature\":0.5,\"top_p\":0.9,\"top_k\":4,\"repetition_penalty\":1.5,\"presence_penalty\":-1,"
                + "\"frequency_penalty\":2,\"logit_bias\":{\"5\":-100},\"min_tokens\":2,\"stop_token_ids\":[40]");
        var rule = model.asked().getLast().rule();
        assertThat(rule.sampling().temperature()).isEqualTo(0.5);
        assertThat(rule.sampling().topP()).isEqualTo(0.9);
        assertThat(rule.sampling().topK()).isEqualTo(4);
        assertThat(rule.changes().bias()).isEqualTo(Map.of(5, -100f));
        assertThat(List.of(
                        rule.changes().repetition(),
                        rule.changes().presence(),
                        rule.changes().frequency()))
                .isEqualTo(List.of(1.5f, -1f, 2f));
        assertThat(rule.changes().minTokens()).isEqualTo(2);
        assertThat(rule.isEnd().test(40) && rule.isEnd().test(258)).isTrue();
        chat(",\"ignore_eos\":true");
        assertThat(model.asked().getLast().rule().isEnd().test(258)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "temperature":3              | temperature | temperature is 3, expected a number from 0 to 2
            "temperature":"hot"          | temperature | temperature is "hot", expected a number from 0 to 2
            "temperature":1e999          | temperature | temperature is "Infinity", expected a number from 0 to 2
            "top_p":0                    | top_p | top_p is 0, expected a number above 0, up to 1
            "max_tokens":0               | max_tokens | max_tokens is 0, expected a whole number of at least 1
            "n":0                        | n | n is 0, expected a whole number from 1 to 8
            "seed":1.5                   | seed | seed is 1.5, expected a whole number of 64 bits
            "stop":""                    | stop | stop is "", expected strings of 1 to 1024 characters
            "stop":[1]                   | stop | stop is 1, expected strings of 1 to 1024 characters
            "top_logprobs":1             | top_logprobs | top_logprobs is given without logprobs, expected logprobs true
            "stream_options":{}          | stream_options | stream_options is given without stream, expected stream true
            "logit_bias":{"260":1}       | logit_bias | logit_bias is "260", expected ids of tokens, below 260, as names
            "logit_bias":{"1":101}       | logit_bias.1 | logit_bias.1 is 101, expected a number from -100 to 100
            "frequency_penalty":-3       | frequency_penalty | frequency_penalty is -3, expected a number from -2 to 2
            "stop_token_ids":[-1]        | stop_token_ids | stop_token_ids is -1, expected ids of tokens, below 260
            """)
    void a_value_out_of_range_is_an_error_that_names_field_value_and_range(String field, String param, String message) {
        String quoted = message.replace("\"", "\\\"");
        HttpResponse<String> answer = chat("," + field);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body())
                .isEqualTo("{\"error\":{\"message\":\"" + quoted + "\",\"type\":\"invalid_request_error\","
                        + "\"param\":\""
                        + param + "\",\"code\":\"invalid_value\"}}");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "response_format":{"type":"json_object"} | response_format
            "tools":[{"type":"function","function":{"name":"f"}}] | tools
            "tool_choice":"required"     | tool_choice
            "guided_json":{}             | guided_json
            """)
    void what_cannot_be_done_is_refused_and_not_left_out(String field, String param) {
        HttpResponse<String> answer = chat("," + field);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("\"param\":\"" + param + "\",\"code\":\"unsupported_parameter\"");
    }

    @Test
    void fields_without_effect_are_accepted_and_unknown_ones_named() {
        HttpResponse<String> answer = chat(",\"user\":\"me\",\"metadata\":{\"a\":1},\"parallel_tool_calls\":true");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-gradine-ignored")).isEmpty();
        answer = chat(",\"foo\":1,\"b\\nar\":2,\"stream_options\":null");
        assertThat(answer.headers().firstValue("x-gradine-ignored")).hasValue("b?ar,foo");
        chat(",\"foo\":1");
        assertThat(asking.log())
                .containsExactly("/v1/chat/completions: fields ignored, for they are not known: b?ar, foo");
    }

    @Test
    void a_strict_server_refuses_unknown_fields() {
        var strict = new ServerOptions(ServerOptions.defaults().http(), new ApiOptions(8, null, true));
        try (Asking other = new Asking(strict)) {
            HttpResponse<String> answer = other.post("/v1/chat/completions", "{" + HI + ",\"foo\":1}");
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body())
                    .contains("the request has fields that are not known: foo")
                    .contains("\"param\":\"foo\",\"code\":\"unsupported_parameter\"");
        }
    }

    @Test
    void a_server_that_is_told_so_tells_the_log_probabilities_that_tokens_are_drawn_by() {
        var drawn = new ApiOptions(8, null, false, ApiOptions.LogProbs.PROCESSED);
        try (Asking other =
                new Asking(new ServerOptions(ServerOptions.defaults().http(), drawn))) {
            other.post("/v1/chat/completions", "{" + HI + ",\"logprobs\":true}");
            assertThat(other.model().asked().getLast().rule().reports()).isEqualTo(new Reports(true, 0, false, true));
            other.post("/v1/completions", "{\"model\":\"base\",\"prompt\":\"a\",\"logprobs\":2,\"echo\":true}");
            assertThat(other.model().asked().getLast().rule().reports()).isEqualTo(new Reports(true, 2, true, true));
        }
        chat(",\"logprobs\":true");
        assertThat(model.asked().getLast().rule().reports().drawn()).isFalse();
    }

    @Test
    void an_unknown_model_is_404_with_the_names_there_are() {
        HttpResponse<String> answer = asking.post("/v1/chat/completions", "{\"model\":\"x\",\"messages\":[]}");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body())
                .isEqualTo("{\"error\":{\"message\":\"The model `x` does not exist. "
                        + "There are `base`, `sql`, `a.b`.\","
                        + "\"type\":\"invalid_request_error\",\"param\":\"model\",\"code\":\"model_not_found\"}}");
    }

    @Test
    void a_prompt_that_is_too_long_says_how_long_and_what_fits() {
        String long200 = "x".repeat(200);
        HttpResponse<String> answer = asking.post(
                "/v1/chat/completions",
                "{\"model\":\"base\",\"max_tokens\":7,\"messages\":[{\"role\":\"user\",\"content\":\"" + long200
                        + "\"}]}");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body())
                .contains("messages has 219 tokens, and 7 tokens are asked for behind "
                        + "them, expected at most 200 together")
                .contains("\"code\":\"context_length_exceeded\"");
    }

    @Test
    void a_full_queue_is_429_with_a_time_to_come_back() {
        model.fill();
        HttpResponse<String> answer = chat("");
        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.headers().firstValue("retry-after")).hasValue("1");
        assertThat(answer.body()).contains("\"type\":\"rate_limit_error\",\"param\":null,\"code\":\"queue_full\"");
    }

    @Test
    void a_fault_of_ours_is_500_without_a_trace_and_is_logged() {
        model.script(w -> w.listener().failed(new IllegalStateException("secret")));
        HttpResponse<String> answer = chat("");
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).contains("\"type\":\"server_error\"").doesNotContain("secret");
        assertThat(asking.log()).singleElement().asString().contains("500 POST /v1/chat/completions", "secret");
    }
}
