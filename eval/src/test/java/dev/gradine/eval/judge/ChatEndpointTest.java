package dev.gradine.eval.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gradine.data.chat.Message;
import dev.gradine.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A judge behind a URL that is slow, talks garbage, is overloaded, refuses: nothing is lost and nothing
/// hangs.
class ChatEndpointTest {

    private static final JudgePrompt PROMPT = new JudgePrompt(JudgePrompt.Kind.PAIR, "You judge.", "Which?", List.of());

    @TempDir
    private Path temp = Path.of("");

    private final Deque<Reply> replies = new ArrayDeque<>();
    private final List<String> bodies = new ArrayList<>();
    private final List<String> keys = new ArrayList<>();
    private final List<Long> waits = new ArrayList<>(); // ms
    private int company = 1; // questions that come before the first is answered
    private final CountDownLatch end = new CountDownLatch(1);
    private HttpServer server = started();

    /// What the server does next.
    private record Reply(int status, String body, String retryAfter, boolean hangs) {
        static Reply says(String content) {
            return new Reply(200, Json.line(message(Map.of("content", content))), "", false);
        }

        static Map<String, Object> message(Map<String, Object> fields) {
            return Map.of("choices", List.of(Map.of("message", fields)));
        }

        static Reply of(int status, String body) {
            return new Reply(status, body, "", false);
        }
    }

    private HttpServer started() {
        try {
            HttpServer s = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            s.createContext("/v1/chat/completions", this::handle);
            s.setExecutor(task -> Thread.ofVirtual().start(task));
            s.start();
            return s;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void handle(HttpExchange e) throws IOException {
        Reply reply;
        synchronized (replies) {
            bodies.add(new String(e.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            keys.add(String.valueOf(e.getRequestHeaders().getFirst("Authorization")));
            reply = replies.size() > 1 ? replies.pop() : replies.getFirst();
            replies.notifyAll();
            awaitCompany();
        }
        if (reply.hangs()) {
            try {
                end.await();
            } catch (InterruptedException x) {
                Thread.currentThread().interrupt();
            }
        }
        byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
        if (!reply.retryAfter().isEmpty()) e.getResponseHeaders().set("Retry-After", reply.retryAfter());
        e.sendResponseHeaders(reply.status(), body.length == 0 ? -1 : body.length);
        e.getResponseBody().write(body);
        e.close();
    }

    /// Waits for the second question before the first is answered, but not for ever.
    private void awaitCompany() {
        try {
            long end = System.nanoTime() + 30_000_000_000L;
            while (bodies.size() < company && System.nanoTime() < end) replies.wait(100);
        } catch (InterruptedException x) {
            Thread.currentThread().interrupt();
        }
    }

    @BeforeEach
    void forget() {
        replies.clear();
    }

    @AfterEach
    void stop() {
        end.countDown();
        server.stop(0);
    }

    private ChatEndpoint endpoint() {
        return endpoint(Duration.ofMillis(400));
    }

    private ChatEndpoint endpoint(Duration timeout) {
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/v1/";
        Backoff backoff =
                new Backoff(5, Duration.ofSeconds(1), Duration.ofMinutes(2), new SplittableRandom(1), this::waited);
        return new ChatEndpoint(new ChatEndpoint.Access(url, "gpt", "secret-key", timeout), backoff);
    }

    private void waited(Duration time) {
        synchronized (waits) {
            waits.add(time.toMillis());
        }
    }

    private String ask() {
        try (ChatEndpoint e = endpoint()) {
            return e.ask(List.of(new Message("user", "Which?")));
        }
    }

    private String label() {
        try (ChatEndpoint e = endpoint()) {
            return new UrlJudge(e, new JudgeCache(temp.resolve("cache")))
                    .verdict(PROMPT)
                    .label();
        }
    }

    @Test
    void a_question_goes_out_in_openais_form_with_its_key() {
        replies.add(Reply.says("It is [[B]]"));
        assertThat(ask()).isEqualTo("It is [[B]]");
        assertThat(bodies.getFirst())
                .contains("\"model\":\"gpt\"", "\"temperature\":0", "\"max_tokens\":2048", "\"content\":\"Which?\"");
        assertThat(keys).containsExactly("Bearer secret-key");
    }

    @Test
    void an_overloaded_server_is_left_alone_as_long_as_it_asks() {
        replies.add(new Reply(429, "{\"error\": \"slow down\"}", "7", false));
        replies.add(Reply.of(503, ""));
        replies.add(Reply.says("[[A]]"));
        assertThat(ask()).isEqualTo("[[A]]");
        assertThat(waits).hasSize(2);
        assertThat(waits.get(0)).isEqualTo(7000);
        assertThat(waits.get(1)).isBetween(1000L, 2000L); // second failure: 2 s, jittered
    }

    @Test
    void a_server_that_hangs_or_talks_garbage_is_asked_again() {
        replies.add(new Reply(200, "", "", true));
        replies.add(Reply.of(200, "<html>proxy</html>"));
        replies.add(Reply.of(200, "{\"choices\": []}"));
        replies.add(Reply.says("[[A]]"));
        assertThat(ask()).isEqualTo("[[A]]");
        assertThat(bodies).hasSize(4);
    }

    @Test
    void after_five_more_times_it_is_over_and_the_key_is_not_told() {
        replies.add(Reply.of(500, "boom"));
        assertThatThrownBy(this::ask)
                .isInstanceOf(JudgeException.class)
                .hasMessageEndingWith("status 500: boom, asked 6 times")
                .hasMessageNotContaining("secret");
        assertThat(waits).hasSize(5).isSorted();
    }

    @Test
    void what_will_not_pass_is_told_at_once() {
        replies.add(Reply.of(401, "{\"error\": {\"message\": \"bad key\"}}"));
        assertThatThrownBy(this::ask).hasMessageEndingWith("status 401: {\"error\": {\"message\": \"bad key\"}}");
        assertThat(bodies).hasSize(1);
        server.stop(0);
        assertThatThrownBy(this::ask).hasMessageContaining("asked 6 times");
    }

    @Test
    void a_verdict_that_cannot_be_read_is_asked_for_once_more() {
        replies.add(Reply.says("Both have merits."));
        replies.add(Reply.says("[[C]]"));
        assertThat(label()).isEqualTo("C");
        assertThat(bodies.get(1)).contains("Both have merits.", "label alone");
    }

    @Test
    void a_judge_that_says_nothing_or_refuses_gives_no_verdict() {
        replies.add(Reply.says("I cannot say."));
        assertThat(label()).isEmpty();
        assertThat(bodies).hasSize(2);
        replies.clear();
        replies.add(Reply.of(200, Json.line(Reply.message(Map.of("refusal", "no")))));
        assertThat(ask()).isEmpty();
    }

    private static List<JudgePrompt> prompts(int n) {
        return IntStream.range(0, n)
                .mapToObj(i -> new JudgePrompt(JudgePrompt.Kind.PAIR, "You judge.", "Which " + i, List.of()))
                .toList();
    }

    @Test
    void of_several_one_that_fails_has_no_label_and_says_why() {
        replies.add(Reply.says("[[A]]"));
        try (ChatEndpoint e = endpoint()) {
            List<JudgeVerdict> all = new UrlJudge(e, new JudgeCache(temp.resolve("cache"))).verdicts(prompts(20));
            assertThat(all).extracting(JudgeVerdict::label).hasSize(20).containsOnly("A");
            replies.clear();
            replies.add(Reply.of(503, "busy"));
            List<JudgeVerdict> more = new UrlJudge(e, new JudgeCache(temp.resolve("cache"))).verdicts(prompts(21));
            assertThat(more.subList(0, 20)).isEqualTo(all); // from the cache
            assertThat(more.getLast().label()).isEmpty();
            assertThat(more.getLast().said()).endsWith("status 503: busy, asked 6 times");
        }
        assertThat(waits).hasSize(5);
    }

    @Test
    void several_are_asked_side_by_side() {
        replies.add(Reply.says("[[B]]"));
        company = 2;
        try (ChatEndpoint e = endpoint(Duration.ofSeconds(20))) {
            assertThat(new UrlJudge(e, new JudgeCache(temp.resolve("cache"))).verdicts(prompts(8)))
                    .extracting(JudgeVerdict::label)
                    .containsOnly("B");
        }
        assertThat(waits).isEmpty();
    }

    @Test
    void a_key_that_is_wrong_for_one_is_wrong_for_all() {
        replies.add(Reply.of(401, "bad key"));
        try (ChatEndpoint e = endpoint()) {
            UrlJudge judge = new UrlJudge(e, new JudgeCache(temp.resolve("cache")));
            assertThatThrownBy(() -> judge.verdicts(prompts(3)))
                    .isInstanceOf(JudgeException.class)
                    .hasMessageEndingWith("status 401: bad key");
        }
    }

    @Test
    void what_was_said_once_is_not_asked_again_and_holds_no_key() throws IOException {
        replies.add(Reply.says("[[A]]"));
        label();
        assertThat(label()).isEqualTo("A");
        assertThat(bodies).hasSize(1);
        try (Stream<Path> files = Files.list(temp.resolve("cache"))) {
            for (Path f : files.toList()) assertThat(Files.readString(f)).isEqualTo("[[A]]");
        }
        assertThat(new ChatEndpoint.Access("http://x", "m", "secret", Duration.ofSeconds(1)).toString())
                .isEqualTo("m at http://x");
    }
}
