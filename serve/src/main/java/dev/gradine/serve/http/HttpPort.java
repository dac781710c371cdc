package dev.gradine.serve.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gradine.data.OneLine;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// A port that is listened on, with a thread for each call.
///
/// Clients that dawdle are dropped: in their headers by the JDK's server, which is told so by a property of
/// the JVM; in their bodies, and in taking answers in, by `HttpOptions.patience`. Clients that go away before their
/// answer begins are dropped, too, on Linux.
public final class HttpPort implements AutoCloseable {

    private static final int CLIENT_GONE = 499; // as nginx has it; in counts alone
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final HttpOptions options;
    private final List<Route> routes;
    private final Gate gate;
    private final Consumer<String> log;
    private final AnswerCounts counts;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final Set<Call> calls = ConcurrentHashMap.newKeySet();
    private final Thread sweeper;
    private volatile boolean isClosing;

    private HttpPort(HttpOptions options, List<Route> routes, AnswerCounts counts, Consumer<String> log) {
        this.options = options;
        this.routes = List.copyOf(routes);
        this.counts = counts;
        this.log = log;
        gate = new Gate(options);
        server = bind(options);
        server.createContext("/", this::answer);
        server.setExecutor(threads);
        sweeper = Thread.ofPlatform().daemon().name("gradine-serve").unstarted(this::sweep);
    }

    /// Listens.
    ///
    /// @param counts counts the answers
    /// @param log told of faults of ours, a line each
    /// @throws IllegalArgumentException if the port cannot be had
    public static HttpPort open(HttpOptions options, List<Route> routes, AnswerCounts counts, Consumer<String> log) {
        HttpPort port = new HttpPort(options, routes, counts, log);
        port.sweeper.start();
        port.server.start();
        return port;
    }

    private static HttpServer bind(HttpOptions o) {
        preset("sun.net.httpserver.nodelay", "true"); // an event is a small packet, and is not to wait for the next
        preset("sun.net.httpserver.drainAmount", "0"); // calls read what is to be read of their bodies
        preset(
                "sun.net.httpserver.maxReqTime",
                Long.toString(Math.max(1, o.patience().toSeconds())));
        preset("sun.net.httpserver.maxReqHeaderSize", Integer.toString(64 << 10));
        try {
            InetSocketAddress address = new InetSocketAddress(o.host(), o.port());
            if (address.isUnresolved()) throw new IllegalArgumentException("host " + o.host() + " is not known");
            return HttpServer.create(address, 0);
        } catch (IOException e) {
            boolean isTaken =
                    e instanceof BindException && String.valueOf(e.getMessage()).contains("in use");
            String why = isTaken ? "is in use" : "cannot be listened on (" + e.getMessage() + ")";
            throw new IllegalArgumentException(
                    "port %d of %s %s; give another, or 0 for one that is free".formatted(o.port(), o.host(), why), e);
        }
    }

    /// Unless the user has set it: the JDK's server reads it once, when the first is made.
    private static void preset(String property, String value) {
        if (System.getProperty(property) == null) System.setProperty(property, value);
    }

    /// The port.
    public int port() {
        return server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) {
        Call call = new Call(exchange, options);
        calls.add(call);
        int status = CLIENT_GONE;
        try (exchange) {
            answer(call);
            status = call.status();
        } catch (IOException e) {
            log.accept("499 %s %s: the client has gone".formatted(call.method(), shown(call.path())));
        } finally {
            calls.remove(call);
            counts.add(status);
        }
    }

    private void answer(Call call) throws IOException {
        try {
            route(call);
        } catch (ApiException e) {
            fail(call, e);
        } catch (InterruptedException e) {
            if (call.isGone()) throw new ClosedChannelException();
            fail(call, ApiException.server(503, "shutting_down", "the server is shutting down"));
        } catch (RuntimeException | StackOverflowError e) {
            log.accept("500 %s %s: %s".formatted(call.method(), shown(call.path()), trace(e)));
            fail(call, ApiException.server(500, "internal_error", "the server has a fault; its log says more"));
        } catch (OutOfMemoryError e) {
            log.accept("500 %s %s: %s".formatted(call.method(), shown(call.path()), e));
            fail(call, ApiException.server(500, "out_of_memory", "the server is out of memory; ask for less at once"));
        }
    }

    private static String trace(Throwable e) {
        StackTraceElement[] trace = e.getStackTrace();
        return shown(String.valueOf(e)) + (trace.length == 0 ? "" : " at " + trace[0]);
    }

    private static String shown(String text) {
        return OneLine.of(text, 200);
    }

    private void route(Call call) throws IOException, InterruptedException {
        gate.mark(call);
        if (isClosing) throw ApiException.server(503, "shutting_down", "the server is shutting down");
        if (gate.isPreflight(call)) {
            call.empty(204);
            return;
        }
        List<Route> there = routes.stream().filter(r -> r.isAt(call.path())).toList();
        if (there.stream().noneMatch(Route::isOpen)) gate.check(call);
        if (there.isEmpty()) throw nothing(call);
        for (Route r : there) {
            if (!r.method().equals(call.method())) continue;
            r.handler().answer(call);
            return;
        }
        String allowed = there.stream().map(Route::method).collect(Collectors.joining(", "));
        call.header("Allow", allowed);
        throw ApiException.request(
                405, "method_not_allowed", null, "method is %s, expected %s".formatted(call.method(), allowed));
    }

    private ApiException nothing(Call call) {
        String served = routes.stream().map(Route::toString).collect(Collectors.joining(", "));
        String message = "nothing is served at %s; served are %s".formatted(shown(call.path()), served);
        return ApiException.request(404, "unknown_url", null, message);
    }

    private static void fail(Call call, ApiException e) throws IOException {
        if (e.status() == 429) call.header("Retry-After", "1");
        if (e.status() == 401) call.header("WWW-Authenticate", "Bearer");
        call.fail(e);
    }

    /// Time between two looks at clients.
    private Duration look() {
        Duration quarter = options.patience().dividedBy(4);
        return quarter.compareTo(LOOK) < 0 ? quarter : LOOK;
    }

    private void dropGone() {
        List<Call> watched = calls.stream().filter(Call::isWatched).toList();
        if (watched.isEmpty()) return;
        ConnectionTable now = ConnectionTable.read();
        watched.forEach(call -> call.dropIfGone(now));
    }

    private void sweep() {
        try {
            while (true) {
                Thread.sleep(look());
                calls.forEach(Call::dropIfStuck);
                dropGone();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Answers no new calls, waits for those that run, ends those that still do, and stops listening.
    @Override
    public void close() {
        isClosing = true;
        if (await(options.farewell())) {
            calls.forEach(Call::drop);
            await(Duration.ofSeconds(1));
        }
        server.stop(0);
        sweeper.interrupt();
        threads.shutdownNow();
    }

    /// Whether some still run.
    private boolean await(Duration limit) {
        long until = System.nanoTime() + limit.toNanos();
        try {
            while (!calls.isEmpty() && System.nanoTime() < until) Thread.sleep(10);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return !calls.isEmpty();
    }
}
