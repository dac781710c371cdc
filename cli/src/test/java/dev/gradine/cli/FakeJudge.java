package dev.gradine.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gradine.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A judge behind a URL of this machine, that speaks OpenAI's chat protocol.
final class FakeJudge implements AutoCloseable {

    private final AtomicInteger asked = new AtomicInteger();
    private final HttpServer server;

    /// @param says what it answers to what the user says; `429` and the like are a status
    FakeJudge(UnaryOperator<String> says) {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/v1/chat/completions", e -> answer(e, says));
        server.start();
    }

    private void answer(HttpExchange e, UnaryOperator<String> says) throws IOException {
        asked.incrementAndGet();
        JsonNode messages =
                new JsonMapper().readTree(e.getRequestBody().readAllBytes()).required("messages");
        String said = says.apply(messages.required(1).required("content").asString());
        boolean fails = said.matches("[45]\\d\\d");
        byte[] body = Json.line(Map.of("choices", List.of(Map.of("message", Map.of("content", said)))))
                .getBytes(StandardCharsets.UTF_8);
        e.sendResponseHeaders(fails ? Integer.parseInt(said) : 200, body.length);
        e.getResponseBody().write(body);
        e.close();
    }

    /// Up to and with `/v1`.
    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
    }

    /// How often it was asked.
    int asked() {
        return asked.get();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
