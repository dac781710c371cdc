package dev.gradine.eval.judge;

import dev.gradine.align.JudgeSettings;
import dev.gradine.data.chat.Message;
import dev.gradine.io.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A model behind a URL that speaks OpenAI's chat protocol.
///
/// What may pass is tried again: no connection, no answer in time, an answer that cannot be read, 429,
/// 5xx. What will not pass is told at once: any other status. The key goes into one header and nowhere
/// else.
public final class ChatEndpoint implements AutoCloseable {

    private static final JsonMapper JSON = new JsonMapper();
    private static final int TOKENS = 2048;
    private static final int SHOWN = 200;

    private final HttpClient client;
    private final Access access;
    private final Backoff backoff;

    /// Where it is and how it is reached.
    ///
    /// @param url up to and with `/v1`; `/chat/completions` follows
    /// @param model its name there
    /// @param key sent as a bearer token; empty for none
    /// @param timeout of one answer
    public record Access(String url, String model, String key, Duration timeout) {

        /// @throws IllegalArgumentException if the URL is none of http
        public Access {
            if (!url.matches("https?://.+")) {
                throw new IllegalArgumentException("judge-url: " + url + ", expected http://… or https://…");
            }
        }

        /// As a user describes it.
        ///
        /// @param environment with the key
        /// @throws IllegalArgumentException if something is missing, or has no use for a judge behind a URL
        public static Access of(String url, JudgeSettings settings, Map<String, String> environment) {
            settings.requireFit(true);
            String key = environment.getOrDefault(settings.keyVariable(), "");
            if (settings.judgeKeyEnv() != null && key.isEmpty()) {
                throw new IllegalArgumentException("judge-key-env: " + settings.judgeKeyEnv() + " is not set");
            }
            Duration timeout = Duration.ofSeconds(settings.judgeTimeout());
            return new Access(url, String.valueOf(settings.judgeName()), key, timeout);
        }

        URI chat() {
            String base = url.replaceAll("/+$", "");
            return URI.create(base.endsWith("/chat/completions") ? base : base + "/chat/completions");
        }

        /// Without the key.
        @Override
        public String toString() {
            return model + " at " + url;
        }
    }

    /// @param backoff when a question is asked again
    public ChatEndpoint(Access access, Backoff backoff) {
        this.access = access;
        this.backoff = backoff;
        client = HttpClient.newBuilder().connectTimeout(access.timeout()).build();
    }

    /// What it answers to a conversation at temperature 0; empty where it refuses to.
    ///
    /// @throws JudgeException if it does not answer
    String ask(List<Message> messages) {
        String failure = "";
        try {
            for (int n = 0; n <= backoff.retries(); n++) {
                Attempt attempt = attempt(messages);
                if (attempt.failure().isEmpty()) return attempt.text();
                failure = attempt.failure();
                if (!attempt.passing()) throw new JudgeException("judge %s: %s".formatted(access, failure), false);
                if (n < backoff.retries()) backoff.after(n, attempt.pause());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new JudgeException("judge %s: interrupted".formatted(access), false);
        }
        throw new JudgeException(
                "judge %s: %s, asked %d times".formatted(access, failure, backoff.retries() + 1), true);
    }

    /// How one request ended.
    ///
    /// @param failure empty if it did not fail
    /// @param passing whether another may fare better
    /// @param pause how long the server wants to be left alone
    private record Attempt(String text, String failure, boolean passing, Duration pause) {

        static Attempt failed(String why) {
            return new Attempt("", why, true, Duration.ZERO);
        }
    }

    private Attempt attempt(List<Message> messages) throws InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(access.chat())
                .timeout(access.timeout())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body(messages)));
        if (!access.key().isEmpty()) request.header("Authorization", "Bearer " + access.key());
        try {
            HttpResponse<String> r = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            int status = r.statusCode();
            if (status == 200) return content(r.body());
            boolean passing = status == 429 || status >= 500;
            return new Attempt("", "status %d: %s".formatted(status, shortened(r.body())), passing, wait(r));
        } catch (IOException e) {
            String message = e.getMessage();
            return Attempt.failed(message == null ? "no connection" : shortened(message));
        }
    }

    private String body(List<Message> messages) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("model", access.model());
        body.put(
                "messages",
                messages.stream()
                        .map(m -> Map.of("role", m.role(), "content", m.content()))
                        .toList());
        body.put("temperature", 0);
        body.put("max_tokens", TOKENS);
        return Json.line(body);
    }

    private static Attempt content(String body) {
        try {
            JsonNode message = JSON.readTree(body).at("/choices/0/message");
            if (message.path("refusal").isString()) return new Attempt("", "", true, Duration.ZERO);
            JsonNode content = message.path("content");
            if (content.isString()) return new Attempt(content.asString(), "", true, Duration.ZERO);
        } catch (JacksonException e) {
            return Attempt.failed("the answer is no JSON: " + shortened(body));
        }
        return Attempt.failed("the answer has no choices[0].message.content: " + shortened(body));
    }

    /// Of `Retry-After`: seconds, or a date.
    private static Duration wait(HttpResponse<String> r) {
        String after = r.headers().firstValue("Retry-After").orElse("").strip();
        if (after.matches("\\d{1,6}")) return Duration.ofSeconds(Long.parseLong(after));
        try {
            Instant then = ZonedDateTime.parse(after, DateTimeFormatter.RFC_1123_DATE_TIME)
                    .toInstant();
            Duration wait = Duration.between(Instant.now(), then);
            return wait.isNegative() ? Duration.ZERO : wait;
        } catch (DateTimeException e) {
            return Duration.ZERO;
        }
    }

    private static String shortened(String text) {
        String line = text.replaceAll("\\s+", " ").strip();
        return line.length() > SHOWN ? line.substring(0, SHOWN) + " …" : line;
    }

    /// As messages name it.
    String name() {
        return access.toString();
    }

    @Override
    public void close() {
        client.close();
    }
}
