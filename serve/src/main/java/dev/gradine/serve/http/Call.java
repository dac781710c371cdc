package dev.gradine.serve.http;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import dev.gradine.io.Json;
import dev.gradine.serve.http.ConnectionTable.Ports;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A request and its answer, on the thread of its own.
public final class Call {

    private static final String JSON = "application/json";
    private static final long NEVER = 0;
    private static final int READ_ANYWAY = 1 << 20;
    private static final int MISSED = 3; // looks in which a connection is not found, before it is believed

    private final HttpExchange exchange;
    private final int maxBody;
    private final long patience; // nanoseconds
    private final Thread thread = Thread.currentThread();
    private final AtomicLong deadline = new AtomicLong(NEVER); // of the client, by System.nanoTime
    private volatile boolean isWatched;
    private volatile boolean isGone;
    private int missed; // of the thread that looks
    private int status;
    private @Nullable ServerEvents events;

    Call(HttpExchange exchange, HttpOptions options) {
        this.exchange = exchange;
        maxBody = options.maxBody();
        patience = options.patience().toNanos();
    }

    /// Its method; `GET` for `HEAD`, whose answer is the same without a body.
    public String method() {
        return isHead() ? "GET" : exchange.getRequestMethod();
    }

    private boolean isHead() {
        return exchange.getRequestMethod().equals("HEAD");
    }

    /// Its path, decoded, without the query.
    public String path() {
        String path = exchange.getRequestURI().getPath();
        return path == null ? "" : path;
    }

    /// A header of the request, empty if it is not there.
    String header(String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    /// Sets a header of the answer.
    public void header(String name, String value) {
        exchange.getResponseHeaders().set(name, value);
    }

    /// Status of the answer; 0 before its first byte.
    int status() {
        return status;
    }

    /// The body, said to be JSON.
    ///
    /// @throws ApiException if it is said to be something else, or is too long
    /// @throws IOException if it is broken off
    public byte[] body() throws IOException {
        String type = header("Content-Type").split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
        if (!type.equals(JSON)) {
            throw ApiException.request(
                    415,
                    "unsupported_media_type",
                    null,
                    "Content-Type is " + (type.isEmpty() ? "missing" : Json.line(type)) + ", expected " + JSON);
        }
        String length = header("Content-Length");
        if (length.length() > 18 || (!length.isEmpty() && Long.parseLong(length) > maxBody)) throw tooLong();
        byte[] body = patiently(() -> exchange.getRequestBody().readNBytes(maxBody + 1));
        if (body.length > maxBody) throw tooLong();
        return body;
    }

    private ApiException tooLong() {
        return ApiException.request(
                413, "request_too_large", null, "the body has more than %d bytes, expected fewer".formatted(maxBody));
    }

    /// Answers with JSON.
    public void json(int code, Object value) throws IOException {
        send(code, JSON, Json.line(value));
    }

    /// Answers with plain text.
    public void text(String type, String text) throws IOException {
        send(200, type, text);
    }

    /// Reads what is left of a body of ordinary length: where a connection is closed over unread bytes, its
    /// answer may be lost.
    ///
    /// @throws IOException if the body is broken off: there is nobody to answer
    private void finishBody() throws IOException {
        patiently(() -> exchange.getRequestBody().readNBytes(READ_ANYWAY));
    }

    /// Answers with nothing but headers.
    void empty(int code) throws IOException {
        finishBody();
        status = code;
        patiently(() -> {
            exchange.sendResponseHeaders(code, -1);
            return code;
        });
    }

    private void send(int code, String type, String text) throws IOException {
        isWatched = false;
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        header("Content-Type", type);
        if (isHead()) {
            header("Content-Length", Integer.toString(bytes.length));
            empty(code);
            return;
        }
        finishBody();
        status = code;
        patiently(() -> {
            exchange.sendResponseHeaders(code, bytes.length == 0 ? -1 : bytes.length);
            if (bytes.length > 0) exchange.getResponseBody().write(bytes);
            exchange.getResponseBody().close();
            return code;
        });
    }

    /// Answers with events. Asked again, it is the same.
    public ServerEvents events() throws IOException {
        ServerEvents open = events;
        if (open != null) return open;
        Headers h = exchange.getResponseHeaders();
        h.set("Content-Type", "text/event-stream");
        h.set("Cache-Control", "no-cache");
        status = 200;
        OutputStream out = patiently(() -> {
            exchange.sendResponseHeaders(200, 0);
            return exchange.getResponseBody();
        });
        open = new ServerEvents(this, out);
        events = open;
        return open;
    }

    /// Answers with an error: where events have been sent, with an event, which is the last.
    void fail(ApiException e) throws IOException {
        ServerEvents open = events;
        if (open != null) {
            open.data(e.body());
        } else if (status == 0) {
            header("Connection", "close"); // what is left of the body is not read
            json(e.status(), e.body());
        }
    }

    /// Something that waits for the client.
    interface Transfer<T> {
        T run() throws IOException;
    }

    /// Does it, unless the client takes too long.
    <T> T patiently(Transfer<T> transfer) throws IOException {
        long until = System.nanoTime() + patience;
        deadline.set(until == NEVER ? 1 : until);
        try {
            return transfer.run();
        } finally {
            deadline.set(NEVER);
        }
    }

    /// Takes the thread away from a client that takes too long. The connection closes with it.
    void dropIfStuck() {
        long until = deadline.get();
        if (until != NEVER && System.nanoTime() - until > 0 && deadline.compareAndSet(until, NEVER)) drop();
    }

    /// From now on, should the client go away before it has its answer, the thread is interrupted.
    public void watch() {
        isWatched = true;
    }

    boolean isWatched() {
        return isWatched;
    }

    /// Whether the client went away while it was watched.
    boolean isGone() {
        return isGone;
    }

    /// Takes the thread away where the client has gone.
    void dropIfGone(ConnectionTable now) {
        Ports ports = new Ports(
                exchange.getLocalAddress().getPort(),
                exchange.getRemoteAddress().getPort());
        missed = now.misses(ports) ? missed + 1 : 0;
        if (isGone || (missed < MISSED && !now.hasLeft(ports))) return;
        isGone = true;
        drop();
    }

    /// Takes the thread away.
    void drop() {
        thread.interrupt();
    }
}
