package dev.gradine.serve.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gradine.nn.generate.Ending;
import dev.gradine.serve.ScriptedServed;
import dev.gradine.serve.http.HttpOptions;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Who is let in, and what of a request is read at all.
class HttpPortTest {

    private static final String CHAT = "/v1/chat/completions";
    private static final String HI = "{\"model\":\"base\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

    private static Asking small() {
        HttpOptions http =
                new HttpOptions("127.0.0.1", 0, null, null, 1000, Duration.ofMillis(300), Duration.ofSeconds(5));
        return new Asking(new ServerOptions(http, ApiOptions.defaults()));
    }

    private static Asking open() {
        return new Asking(ServerOptions.defaults());
    }

    @Test
    void without_the_key_health_alone_is_answered() {
        HttpOptions http = HttpOptions.defaults().withKey("sesame");
        try (Asking asking = new Asking(new ServerOptions(http, ApiOptions.defaults()))) {
            HttpResponse<String> answer = asking.get("/v1/models");
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.headers().firstValue("www-authenticate")).hasValue("Bearer");
            assertThat(answer.body())
                    .isEqualTo("{\"error\":{\"message\":\"the API key is missing, expected "
                            + "a header Authorization: Bearer"
                            + " KEY\",\"type\":\"invalid_request_error\",\"param\":null,"
                            + "\"code\":\"invalid_api_key\"}}");
            HttpRequest.Builder models = asking.request("/v1/models");
            assertThat(asking.send(models.header("Authorization", "Bearer sesam")
                                    .build())
                            .body())
                    .contains("the API key is not the right one");
            assertThat(asking.send(models.setHeader("Authorization", "Bearer sesame")
                                    .build())
                            .statusCode())
                    .isEqualTo(200);
            assertThat(asking.get("/health").statusCode()).isEqualTo(200);
            assertThat(asking.get("/nothing").statusCode()).isEqualTo(401);
        }
    }

    @ParameterizedTest
    @CsvSource({"/v1/embeddings", "/v1/responses", "/v1/audio/speech", "/v1", "/", "/v1/models/../x"})
    void what_is_not_served_is_404_with_what_is(String path) {
        try (Asking asking = open()) {
            HttpResponse<String> answer = asking.post(path, "{}");
            assertThat(answer.statusCode()).isEqualTo(path.contains("models") || path.equals("/") ? 405 : 404);
            if (answer.statusCode() == 405) return;
            assertThat(answer.body())
                    .startsWith("{\"error\":{\"message\":\"nothing " + "is served at " + path
                            + "; served are GET /v1/models,")
                    .contains("POST /v1/chat/completions")
                    .contains("\"code\":\"unknown_url\"");
        }
    }

    @Test
    void a_wrong_verb_is_405_with_the_right_one_and_head_is_get_without_a_body() {
        try (Asking asking = open()) {
            HttpResponse<String> answer = asking.get(CHAT);
            assertThat(answer.statusCode()).isEqualTo(405);
            assertThat(answer.headers().firstValue("allow")).hasValue("POST");
            HttpResponse<String> head = asking.send(asking.request("/health")
                    .method("HEAD", BodyPublishers.noBody())
                    .build());
            assertThat(head.statusCode()).isEqualTo(200);
            assertThat(head.headers().firstValue("content-length")).hasValue("15");
            assertThat(head.body()).isEmpty();
        }
    }

    @Test
    void a_body_that_is_too_long_is_413_whether_its_length_is_told_or_not() {
        try (Asking asking = small()) {
            String large = " ".repeat(1001);
            assertThat(asking.post(CHAT, large).statusCode()).isEqualTo(413);
            var chunked = BodyPublishers.ofInputStream(
                    () -> new ByteArrayInputStream(large.getBytes(StandardCharsets.UTF_8)));
            HttpRequest request = asking.request(CHAT)
                    .header("Content-Type", "application/json")
                    .POST(chunked)
                    .build();
            HttpResponse<String> answer = asking.send(request);
            assertThat(answer.statusCode()).isEqualTo(413);
            assertThat(answer.body()).contains("the body has more than 1000 bytes, expected fewer");
            assertThat(asking.post(CHAT, HI + " ".repeat(1000 - HI.length())).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void a_body_that_is_not_said_to_be_json_is_415() {
        try (Asking asking = open()) {
            for (String type : new String[] {"text/plain", "application/x-www-form-urlencoded"}) {
                HttpRequest request = asking.request(CHAT)
                        .header("Content-Type", type)
                        .POST(BodyPublishers.ofString(HI))
                        .build();
                HttpResponse<String> answer = asking.send(request);
                assertThat(answer.statusCode()).isEqualTo(415);
                assertThat(answer.body()).contains("expected application/json");
            }
            HttpRequest request = asking.request(CHAT)
                    .header("Content-Type", "Application/JSON; charset=utf-8")
                    .POST(BodyPublishers.ofString(HI))
                    .build();
            assertThat(asking.send(request).statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"model":            | body: line 1, column 10: Unexpected end-of-input
            {"a":1,"a":2}        | body: line 1, column 11: Duplicate Object property \\"a\\"
            [1]                  | body: line 1: expected a JSON object, { ... }
            {} {}                | body: line 1, column 4: text after the end, expected one value
            {"a":"\\ud800"}      | body: a string has half of a surrogate pair, expected both halves
            ~~                   | body: line 1, column 0: is empty, expected JSON
            """)
    void a_body_that_is_not_json_says_where(String body, String message) {
        try (Asking asking = open()) {
            HttpResponse<String> answer = asking.post(CHAT, body);
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body()).contains(message).contains("\"param\":null,\"code\":\"invalid_json\"");
        }
    }

    @Test
    void a_body_that_is_too_deep_or_not_utf_8_is_400() {
        try (Asking asking = open()) {
            String deep = "{\"a\":" + "[".repeat(200) + "]".repeat(200) + "}";
            assertThat(asking.post(CHAT, deep).body()).contains("nesting depth (101) exceeds the maximum");
            HttpRequest request = asking.request(CHAT)
                    .header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofByteArray(new byte[] {'{', '"', (byte) 0xC0, '"', ':', '1', '}'}))
                    .build();
            assertThat(asking.send(request).body()).contains("body: is not UTF-8");
        }
    }

    @Test
    void pages_of_the_origin_that_is_named_may_read_answers() {
        HttpOptions d = HttpOptions.defaults();
        HttpOptions http =
                new HttpOptions(d.host(), 0, "key", "https://a.example", d.maxBody(), d.patience(), d.farewell());
        try (Asking asking = new Asking(new ServerOptions(http, ApiOptions.defaults()))) {
            HttpResponse<String> asked = asking.send(asking.request(CHAT)
                    .method("OPTIONS", BodyPublishers.noBody())
                    .build());
            assertThat(asked.statusCode()).isEqualTo(204);
            assertThat(asked.headers().firstValue("access-control-allow-origin"))
                    .hasValue("https://a.example");
            assertThat(asked.headers().firstValue("access-control-allow-headers"))
                    .hasValue("Authorization, Content-Type");
            assertThat(asking.get("/health").headers().firstValue("access-control-allow-origin"))
                    .hasValue("https://a.example");
        }
        try (Asking asking = open()) {
            assertThat(asking.get("/health").headers().map()).doesNotContainKey("access-control-allow-origin");
        }
    }

    @Test
    void an_offer_of_http_2_is_left_alone_and_the_body_read() throws Exception {
        try (Asking asking = open()) {
            String request = "POST " + CHAT + " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                    + "Upgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\nContent-Type: application/json\r\n"
                    + "Content-Length: " + HI.length() + "\r\n\r\n" + HI;
            assertThat(asking.raw(request, "Hello"))
                    .startsWith("HTTP/1.1 200 OK")
                    .contains("\"content\":\"Hello\"");
        }
    }

    @Test
    void a_client_that_does_not_send_its_body_is_dropped() throws Exception {
        try (Asking asking = small()) {
            String request = "POST " + CHAT + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 500\r\n\r\n{";
            long start = System.nanoTime();
            assertThat(asking.raw(request, "no such answer")).isEmpty();
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
            assertThat(asking.get("/health").statusCode()).isEqualTo(200);
            assertThat(asking.get("/metrics").body()).contains("gradine_answers_total{status=\"499\"} 1");
        }
    }

    /// Linux alone has a table of connections.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void a_client_that_goes_away_before_anything_is_sent_ends_its_texts(boolean streams) throws Exception {
        assumeTrue(Files.exists(Path.of("/proc/self/net/tcp")));
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        try (Asking asking = small()) {
            asking.model().script(w -> {
                begun.countDown();
                while (!w.isCancelled()) TimeUnit.MILLISECONDS.sleep(5);
                w.listener().end(0, new Ending(Ending.Why.CANCELLED, -1));
                ended.countDown();
            });
            String body = HI.replaceFirst("\\{", "{\"stream\":" + streams + ",");
            try (Socket client = new Socket(InetAddress.getLoopbackAddress(), asking.port())) {
                String request = "POST " + CHAT + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        + "Content-Length: " + body.length() + "\r\n\r\n" + body;
                client.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
                begun.await();
                assertThat(ended.await(500, TimeUnit.MILLISECONDS))
                        .as("while it is there")
                        .isFalse();
            }
            assertThat(ended.await(5, TimeUnit.SECONDS)).isTrue();
            while (asking.log().isEmpty()) Thread.onSpinWait();
            assertThat(asking.log()).containsExactly("499 POST " + CHAT + ": the client has gone");
        }
    }

    @Test
    void a_server_that_ends_lets_running_requests_end_and_takes_no_others() throws Exception {
        Asking asking = open();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch last = new CountDownLatch(1);
        asking.model().script(w -> {
            begun.countDown();
            last.await();
            ScriptedServed.tokens(w, ScriptedServed.bytes("late"));
            w.listener().end(0, new Ending(Ending.Why.LENGTH, -1));
        });
        var running = CompletableFuture.supplyAsync(() -> asking.post(CHAT, HI));
        begun.await();
        var closing = CompletableFuture.runAsync(asking::closeServer);
        while (asking.get("/health").statusCode() != 503) Thread.onSpinWait();
        assertThat(asking.post(CHAT, HI).body()).contains("\"code\":\"shutting_down\"");
        last.countDown();
        assertThat(running.join().body()).contains("late");
        closing.join();
        asking.close();
    }

    @Test
    void a_port_that_is_in_use_says_so() {
        try (Asking asking = open()) {
            HttpOptions same = HttpOptions.defaults().at(asking.port());
            ServerOptions options = new ServerOptions(same, ApiOptions.defaults());
            assertThatThrownBy(() -> Server.start(asking.model(), options, _ -> {}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("port %d of 127.0.0.1 is in use; give another, or 0 for one that is free"
                            .formatted(asking.port()));
        }
    }
}
