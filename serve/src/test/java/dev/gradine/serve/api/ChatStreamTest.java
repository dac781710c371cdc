package dev.gradine.serve.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.nn.generate.Ending;
import dev.gradine.nn.generate.Writing;
import dev.gradine.serve.ScriptedServed;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Answers that are sent as they are written.
class ChatStreamTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final String HI =
            "{\"model\":\"sql\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]";

    private final Asking asking = new Asking(ServerOptions.defaults());
    private final ScriptedServed model = asking.model();

    @AfterEach
    void close() {
        asking.close();
    }

    /// The events, with what differs from answer to answer left out.
    private List<String> events(String more) {
        HttpResponse<String> answer = asking.post(CHAT, HI + more + "}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("content-type")).hasValue("text/event-stream");
        assertThat(answer.headers().firstValue("cache-control")).hasValue("no-cache");
        assertThat(answer.body()).endsWith("\n\n");
        List<String> ids = answer.body()
                .lines()
                .filter(l -> l.contains("\"id\""))
                .map(l -> l.substring(0, 46))
                .distinct()
                .toList();
        assertThat(ids).singleElement().asString().startsWith("data: {\"id\":\"chatcmpl-");
        return List.of(answer.body().split("\n\n")).stream()
                .map(e -> e.replaceFirst("\"id\":\"chatcmpl-[0-9a-f]{24}\"", "\"id\":\"X\"")
                        .replaceFirst("\"created\":\\d{10},", ""))
                .toList();
    }

    private static String chunk(int index, String delta, String reason, String usage) {
        return "data: {\"id\":\"X\",\"object\":\"chat.completion.chunk\",\"model\":\"sql\",\"choices\":[{\"index\":"
                + index + ",\"delta\":{" + delta + "},\"logprobs\":null,\"finish_reason\":" + reason + "}]" + usage
                + "}";
    }

    private static String role(int index) {
        return chunk(index, "\"role\":\"assistant\",\"content\":\"\"", "null", "");
    }

    private static String text(int index, String text) {
        return chunk(index, "\"content\":\"" + text + "\"", "null", "");
    }

    @Test
    void a_stream_is_role_texts_reason_and_done() {
        model.script(ScriptedServed.saying("Hi"));
        assertThat(events(""))
                .containsExactly(role(0), text(0, "H"), text(0, "i"), chunk(0, "", "\"stop\"", ""), "data: [DONE]");
    }

    @Test
    void usage_is_null_but_in_a_last_event_without_choices() {
        model.script(ScriptedServed.saying("H"));
        String none = ",\"usage\":null";
        assertThat(events(",\"stream_options\":{\"include_usage\":true}"))
                .containsExactly(
                        chunk(0, "\"role\":\"assistant\",\"content\":\"\"", "null", none),
                        chunk(0, "\"content\":\"H\"", "null", none),
                        chunk(0, "", "\"stop\"", none),
                        "data: {\"id\":\"X\",\"object\":\"chat.completion.chunk\",\"model\":\"sql\",\"choices\":[],"
                                + "\"usage\":{\"prompt_tokens\":21,\"completion_tokens\":1,\"total_tokens\":22}}",
                        "data: [DONE]");
    }

    @Test
    void texts_of_several_choices_interleave_each_with_its_first_and_last_event() {
        model.script(ScriptedServed.saying("ab"));
        String stop = "\"stop\"";
        assertThat(events(",\"n\":2"))
                .containsExactly(
                        role(0),
                        text(0, "a"),
                        role(1),
                        text(1, "a"),
                        text(0, "b"),
                        text(1, "b"),
                        chunk(0, "", stop, ""),
                        chunk(1, "", stop, ""),
                        "data: [DONE]");
    }

    @Test
    void a_character_is_sent_when_it_is_whole() {
        model.script(ScriptedServed.saying("é😀."));
        assertThat(events(""))
                .containsExactly(
                        role(0),
                        text(0, "é"),
                        text(0, "😀"),
                        text(0, "."),
                        chunk(0, "", "\"stop\"", ""),
                        "data: [DONE]");
    }

    @Test
    void what_may_begin_a_stop_string_is_sent_when_it_does_not() {
        model.script(ScriptedServed.saying("abab-ab"));
        assertThat(events(",\"stop\":[\"abac\",\"-b\"]"))
                .containsExactly(
                        role(0),
                        text(0, "ab"),
                        text(0, "ab"),
                        text(0, "-"),
                        text(0, "ab"),
                        chunk(0, "", "\"stop\"", ""),
                        "data: [DONE]")
                .doesNotContain(text(0, "a"));
        assertThat(events(",\"stop\":\"b-\""))
                .containsExactly(role(0), text(0, "a"), text(0, "ba"), chunk(0, "", "\"stop\"", ""), "data: [DONE]");
    }

    @Test
    void log_probabilities_come_with_the_text_of_their_tokens() {
        model.script(ScriptedServed.saying("é"));
        List<String> events = events(",\"logprobs\":true");
        assertThat(events.get(1))
                .contains("\"content\":\"é\"")
                .contains("\"logprobs\":{\"content\":[{\"token\":\"\uFFFD\",\"logprob\":-1.27,\"bytes\":[195],"
                        + "\"top_logprobs\":[")
                .contains("\"bytes\":[169]");
        assertThat(events.get(2)).contains("\"logprobs\":null");
    }

    @Test
    void an_error_before_the_first_event_has_its_status() {
        HttpResponse<String> answer = asking.post(CHAT, HI + ",\"n\":0}");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("content-type")).hasValue("application/json");
    }

    @Test
    void an_error_behind_it_is_an_event_after_which_nothing_comes() {
        model.script(w -> {
            w.listener().token(0, ScriptedServed.drawn(33));
            w.listener().end(0, new Ending(Ending.Why.CANCELLED, -1));
        });
        List<String> events = events("");
        assertThat(events)
                .containsExactly(
                        role(0),
                        text(0, "B"),
                        "data: {\"error\":{\"message\":\"the server gave the text up before it was over\","
                                + "\"type\":\"server_error\",\"param\":null,\"code\":\"shutting_down\"}}");
    }

    @Test
    void a_client_that_goes_away_ends_its_texts() throws Exception {
        AtomicInteger after = new AtomicInteger();
        CountDownLatch gone = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        model.script(w -> write(w, after, gone, ended));
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<InputStream> answer =
                    client.send(asking.json(CHAT, HI + ",\"max_tokens\":150}").build(), BodyHandlers.ofInputStream());
            answer.body().readNBytes(10);
            answer.body().close();
            client.shutdownNow();
        }
        gone.countDown();
        assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(after.get()).isLessThanOrEqualTo(2); // the first is what the system learns by that nobody reads
        assertThat(asking.log()).allSatisfy(l -> assertThat(l).startsWith("499 "));
    }

    @Test
    @Tag("slow")
    void a_stream_that_is_silent_says_that_it_is_there() {
        model.script(w -> {
            TimeUnit.SECONDS.sleep(16);
            ScriptedServed.saying("Hi").write(w);
        });
        assertThat(asking.post(CHAT, HI + "}").body()).startsWith(": ping\n\ndata: {");
    }

    /// A token each 20 ms, as a model would, until it is cancelled.
    private static void write(Writing w, AtomicInteger after, CountDownLatch gone, CountDownLatch ended)
            throws InterruptedException {
        w.listener().token(0, ScriptedServed.drawn(33));
        gone.await();
        for (int i = 0; i < 140 && !w.isCancelled(); i++) {
            w.listener().token(0, ScriptedServed.drawn(33));
            after.incrementAndGet();
            TimeUnit.MILLISECONDS.sleep(20);
        }
        w.listener().end(0, new Ending(Ending.Why.CANCELLED, -1));
        ended.countDown();
    }
}
