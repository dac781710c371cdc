package dev.gradine.serve.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.nn.generate.DrawnToken;
import dev.gradine.nn.generate.Writing;
import dev.gradine.serve.ScriptedServed;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Texts behind prompts, and what is told of prompts.
class CompletionsTest {

    private final Asking asking = new Asking(ServerOptions.defaults());
    private final ScriptedServed model = asking.model();

    @AfterEach
    void close() {
        asking.close();
    }

    private HttpResponse<String> ask(String more) {
        return asking.post("/v1/completions", "{\"model\":\"base\"," + more + "}");
    }

    @Test
    void a_text_is_answered_in_the_shape_of_the_openai_api() {
        assertThat(ask("\"prompt\":\"ab\"").body())
                .matches("\\{\"id\":\"cmpl-[0-9a-f]{24}\",\"object\":\"text_completion\",\"created\":\\d{10},"
                        + "\"model\":\"base\",\"system_fingerprint\":\"b0\",\"choices\":\\[\\{\"index\":0,"
                        + "\"text\":\"Hello\",\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":"
                        + "\\{\"prompt_tokens\":2,\"completion_tokens\":5,\"total_tokens\":7,"
                        + "\"prompt_tokens_details\":\\{\"cached_tokens\":0}}}");
        assertThat(model.asked().getLast().rule().maxTokens()).isEqualTo(16);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "ab"               | [64, 65]
            ["ab"]             | [64, 65]
            ["a","b"]          | [64] [65]
            [1,2,3]            | [1, 2, 3]
            [[1,2],[3]]        | [1, 2] [3]
            """)
    void a_prompt_is_a_text_or_ids_or_several_of_either(String prompt, String asked) {
        assertThat(ask("\"prompt\":" + prompt).statusCode()).isEqualTo(200);
        List<String> ids = new ArrayList<>();
        for (Writing w : model.asked()) ids.add(java.util.Arrays.toString(w.prompt()));
        assertThat(String.join(" ", ids)).isEqualTo(asked);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            "prompt":[]                 | prompt has 0 items, expected 1 to 2048
            "prompt":""                 | prompt has no token, expected at least one
            "prompt":[260]              | prompt is 260, expected ids of tokens, below 260
            "prompt":[1,"a"]            | prompt is \\"a\\", expected ids of tokens, below 260
            "prompt":["a",1]            | prompt is 1, expected strings, or lists of ids
            "prompt":7                  | prompt is 7, expected a list
            "x":1                       | prompt is missing, expected a string, ids, or a list of either
            "prompt":"a","max_tokens":-1 | max_tokens is -1, expected a whole number of at least 0
            "prompt":"a","logprobs":21  | logprobs is 21, expected a whole number from 0 to 20
            "prompt":"a","best_of":2    | best_of is served as n alone: all texts that are written are sent
            """)
    void what_is_no_prompt_says_so(String fields, String message) {
        HttpResponse<String> answer = ask(fields);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).contains("\"message\":\"" + message + "\"");
    }

    @Test
    void texts_are_numbered_by_prompt_and_then_by_text() {
        String body = ask("\"prompt\":[\"a\",\"b\"],\"n\":2,\"echo\":true").body();
        assertThat(body)
                .contains("\"index\":0,\"text\":\"aHello\"", "\"index\":1,\"text\":\"aHello\"")
                .contains("\"index\":2,\"text\":\"bHello\"", "\"index\":3,\"text\":\"bHello\"")
                .contains("\"prompt_tokens\":2,\"completion_tokens\":20,");
    }

    /// Tells of a prompt as a batch would: nothing of its first token.
    private static void read(Writing w) {
        List<DrawnToken> prompt = new ArrayList<>();
        for (int id : w.prompt()) prompt.add(ScriptedServed.drawn(id));
        prompt.set(0, new DrawnToken(w.prompt()[0], Float.NaN, List.of()));
        w.listener().prompt(prompt);
    }

    @Test
    void log_probabilities_of_the_prompt_stand_before_those_of_the_text() {
        model.script(w -> {
            read(w);
            ScriptedServed.tokens(w, ScriptedServed.bytes("dc"));
        });
        assertThat(ask("\"prompt\":\"ab\",\"echo\":true,\"logprobs\":1,\"max_tokens\":1")
                        .body())
                .contains("\"text\":\"abd\",\"logprobs\":{\"tokens\":[\"a\",\"b\",\"d\"],"
                        + "\"token_logprobs\":[null,-0.65,-0.67],\"top_logprobs\":[null,{\"b\":-0.65,\"c\":-5.0},"
                        + "{\"d\":-0.67,\"c\":-5.0}],\"text_offset\":[0,1,2]},\"finish_reason\":\"length\"");
    }

    @Test
    void an_end_behind_a_scored_text_is_told_of_as_other_tokens_are() {
        model.script(w -> {
            read(w);
            ScriptedServed.tokens(w, List.of(ScriptedServed.END));
        });
        assertThat(ask("\"prompt\":\"ab\",\"echo\":true,\"logprobs\":1,\"max_tokens\":1")
                        .body())
                .contains("\"text\":\"ab\",\"logprobs\":{\"tokens\":[\"a\",\"b\",\"<|im_end|>\"],"
                        + "\"token_logprobs\":[null,-0.65,-2.58],")
                .contains("\"finish_reason\":\"stop\"")
                .contains("\"completion_tokens\":0");
    }

    @Test
    void no_token_may_be_asked_for() {
        model.script(w -> {
            read(w);
            ScriptedServed.tokens(w, List.of());
        });
        assertThat(ask("\"prompt\":\"ab\",\"echo\":true,\"logprobs\":0,\"max_tokens\":0")
                        .body())
                .contains("\"text\":\"ab\",\"logprobs\":{\"tokens\":[\"a\",\"b\"],\"token_logprobs\":[null,-0.65],"
                        + "\"top_logprobs\":[null,{\"b\":-0.65,\"c\":-5.0}],\"text_offset\":[0,1]},"
                        + "\"finish_reason\":\"length\"");
        assertThat(ask("\"prompt\":\"ab\",\"max_tokens\":0").body()).contains("\"text\":\"\",\"logprobs\":null");
    }

    @Test
    void tokens_of_equal_text_have_the_larger_log_probability_and_no_infinity() {
        model.script(w -> {
            var broken = List.of(new DrawnToken.Likely(94, -3), new DrawnToken.Likely(95, -2));
            w.listener().token(0, new DrawnToken(96, Float.NEGATIVE_INFINITY, broken));
            ScriptedServed.tokens(w, List.of());
        });
        assertThat(ask("\"prompt\":\"a\",\"logprobs\":2").body())
                .contains("\"tokens\":[\"\uFFFD\"],\"token_logprobs\":[-9999.0],"
                        + "\"top_logprobs\":[{\"\uFFFD\":-2.0}]");
    }

    @Test
    void a_stream_has_texts_and_a_reason() {
        model.script(ScriptedServed.saying("Hi"));
        String body = ask("\"prompt\":\"a\",\"stream\":true,\"stream_options\":{\"include_usage\":true}")
                .body();
        String head = "data: {\"id\":\"X\",\"object\":\"text_completion\","
                + "\"created\":0,\"model\":\"base\",\"choices\":[";
        String plain = body.replaceAll("cmpl-[0-9a-f]{24}", "X").replaceAll("\"created\":\\d+", "\"created\":0");
        assertThat(plain)
                .isEqualTo(head + "{\"index\":0,\"text\":\"H\",\"logprobs\":null,"
                        + "\"finish_reason\":null}],\"usage\":null}\n\n"
                        + head + "{\"index\":0,\"text\":\"i\",\"logprobs\":null,"
                        + "\"finish_reason\":null}],\"usage\":null}\n\n"
                        + head + "{\"index\":0,\"text\":\"\",\"logprobs\":null,"
                        + "\"finish_reason\":\"stop\"}],\"usage\":null}\n\n"
                        + head + "],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\n"
                        + "data: [DONE]\n\n");
    }
}
