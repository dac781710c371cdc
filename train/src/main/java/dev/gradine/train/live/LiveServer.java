package dev.gradine.train.live;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Live pages for browsers on this machine: bound to 127.0.0.1, behind a path nobody can guess, for
/// requests that name this address as their host (a name of somebody else's that leads here would let his
/// pages read ours).
///
/// ```
/// GET /TOKEN/            the page            GET /TOKEN/events          its events
/// GET /TOKEN/run/2/      that of a run       GET /TOKEN/run/2/tape/     that of a step's tape
/// POST /TOKEN/tape       the tape of the next step is wished for, where the run is of this process
/// ```
final class LiveServer implements AutoCloseable {

    private static final byte[] LOCAL = {127, 0, 0, 1};
    private static final int TOKEN_BYTES = 16;
    private static final int MOST_STREAMS = 64;
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    /// A browser that has not read for so long is dropped.
    static final Duration STUCK = Duration.ofSeconds(10);

    private final Site site;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Thread sweeper;
    private final Set<EventStream> streams = ConcurrentHashMap.newKeySet();
    private final ReentrantLock reading = new ReentrantLock();
    private final String token = token();

    /// What there is to see.
    interface Site {
        /// The view of a path below the token, such as `run/0/`; none where there is nothing.
        List<View> at(String path);

        /// Somebody wishes to see the tape of the next step.
        ///
        /// @return whether there will be one
        default boolean wish() {
            return false;
        }
    }

    private LiveServer(Site site, HttpServer server, Duration stuck) {
        this.site = site;
        this.server = server;
        server.createContext("/", this::answer);
        server.setExecutor(threads);
        server.start();
        sweeper = Thread.ofPlatform().daemon().name("gradine-dashboard").start(() -> sweep(stuck));
    }

    /// Drops browsers that do not read, until interrupted.
    private void sweep(Duration stuck) {
        try {
            while (true) {
                Thread.sleep(stuck.dividedBy(4));
                streams.forEach(s -> s.dropIfStuck(stuck));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Listens.
    ///
    /// @param port of 127.0.0.1; 0 for any that is free
    /// @throws IllegalArgumentException if it cannot be had
    static LiveServer open(int port, Site site) {
        return open(port, site, STUCK);
    }

    static LiveServer open(int port, Site site, Duration stuck) {
        return new LiveServer(site, bind(port), stuck);
    }

    /// Fails unless a port can be listened on now.
    static void requireFree(int port) {
        bind(port).stop(0);
    }

    private static HttpServer bind(int port) {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getByAddress(LOCAL), port), 0);
        } catch (IOException e) {
            boolean isTaken =
                    e instanceof BindException && String.valueOf(e.getMessage()).contains("in use");
            String why = isTaken ? "is in use" : "cannot be listened on (" + e.getMessage() + ")";
            throw new IllegalArgumentException(
                    "dashboard: port %d of 127.0.0.1 %s; give another, or none, and one that is free is taken"
                            .formatted(port, why),
                    e);
        }
    }

    private static String token() {
        byte[] random = new byte[TOKEN_BYTES];
        new SecureRandom().nextBytes(random);
        return HexFormat.of().formatHex(random);
    }

    private int port() {
        return server.getAddress().getPort();
    }

    /// Where the page is.
    String url() {
        return "http://127.0.0.1:" + port() + "/" + token + "/";
    }

    /// Browsers that are being told what is new.
    int streams() {
        return streams.size();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            String given = path == null ? "" : path.substring(1).split("/", 2)[0];
            if (!isOurs(exchange.getRequestHeaders()) || !isToken(given)) {
                say(exchange, 403, "forbidden: take the address that the run printed");
            } else {
                take(exchange, path.substring(1 + given.length()));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// @param path below the token
    private void take(HttpExchange exchange, String path) throws IOException, InterruptedException {
        String method = exchange.getRequestMethod();
        if (method.equals("POST") && path.equals("/tape") && site.wish())
            say(exchange, 202, "the next step is written down");
        else if (!method.equals("GET")) say(exchange, 405, "only GET is answered");
        else serve(exchange, path);
    }

    /// Whether a request names this address, and comes from no page of somebody else's.
    private boolean isOurs(Headers headers) {
        Set<String> names = Set.of("127.0.0.1:" + port(), "localhost:" + port());
        String host = headers.getFirst("Host");
        String origin = headers.getFirst("Origin");
        boolean isSame = origin == null || names.stream().anyMatch(n -> origin.equals("http://" + n));
        return host != null && names.contains(host) && isSame;
    }

    private boolean isToken(String given) {
        return MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8));
    }

    /// @param path below the token, such as `/run/0/events`
    private void serve(HttpExchange exchange, String path) throws IOException, InterruptedException {
        boolean isStream = path.endsWith("/events");
        String place = isStream ? path.substring(0, path.length() - "events".length()) : path;
        List<View> found = place.startsWith("/") && place.endsWith("/") ? view(place.substring(1)) : List.of();
        if (found.isEmpty()) say(exchange, 404, "nothing is here");
        else if (isStream) stream(exchange, found.getFirst());
        else page(exchange, found.getFirst());
    }

    private List<View> view(String path) {
        reading.lock();
        try {
            List<View> found = site.at(path);
            found.forEach(View::refresh);
            return found;
        } finally {
            reading.unlock();
        }
    }

    private void page(HttpExchange exchange, View view) throws IOException {
        byte[] html;
        reading.lock();
        try {
            html = LivePage.html(view).getBytes(StandardCharsets.UTF_8);
        } finally {
            reading.unlock();
        }
        send(exchange, 200, "text/html; charset=utf-8", html);
    }

    private static void say(HttpExchange exchange, int status, String why) throws IOException {
        send(exchange, status, "text/plain; charset=utf-8", (why + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        head(exchange, type);
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    private static void head(HttpExchange exchange, String type) {
        Headers h = exchange.getResponseHeaders();
        h.set("Content-Type", type);
        h.set("Cache-Control", "no-store");
        h.set("X-Content-Type-Options", "nosniff");
        h.set("X-Frame-Options", "DENY");
        h.set("Referrer-Policy", "no-referrer"); // an address with the token in it is told to nobody
    }

    private void stream(HttpExchange exchange, View view) throws IOException, InterruptedException {
        if (streams.size() >= MOST_STREAMS) {
            say(exchange, 503, MOST_STREAMS + " pages are open, and no more are served");
            return;
        }
        head(exchange, "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        List<Long> steps = steps(exchange.getRequestHeaders().getFirst("Last-Event-ID"));
        EventStream stream = new EventStream(view, reading, steps, exchange.getResponseBody());
        streams.add(stream);
        try {
            stream.run();
        } finally {
            streams.remove(stream);
        }
    }

    /// Of what is no list of steps, none.
    private static List<Long> steps(@Nullable String id) {
        List<Long> steps = new ArrayList<>();
        if (id == null || !id.matches("\\d{1,18}(,\\d{1,18})*")) return steps;
        for (String step : id.split(",", -1)) steps.add(Long.valueOf(step));
        return steps;
    }

    /// Tells all browsers what is new a last time, waits for them a moment, and stops listening.
    @Override
    public void close() {
        streams.forEach(EventStream::end);
        long until = System.nanoTime() + FAREWELL.toNanos();
        try {
            while (!streams.isEmpty() && System.nanoTime() < until) Thread.sleep(10);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        streams.forEach(EventStream::drop);
        server.stop(0);
        sweeper.interrupt();
        threads.shutdownNow();
    }
}
