package dev.gradine.serve.api;

import dev.gradine.serve.Served;
import dev.gradine.serve.http.AnswerCounts;
import dev.gradine.serve.http.HttpPort;
import dev.gradine.serve.http.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// A model and its adapters, served as the OpenAI API has it.
public final class Server implements AutoCloseable {

    private final HttpPort port;

    private Server(HttpPort port) {
        this.port = port;
    }

    /// Listens.
    ///
    /// @param served not closed with the server
    /// @param log told of what clients are not told, a line each
    /// @throws IllegalArgumentException if the port cannot be had
    public static Server start(Served served, ServerOptions options, Consumer<String> log) {
        Metrics metrics = new Metrics();
        Unknown unknown = new Unknown(options.api().isStrict(), log);
        AnswerCounts counts = new AnswerCounts();
        List<Route> routes = new ArrayList<>();
        routes.addAll(new ModelsEndpoint(served).routes());
        routes.add(new ChatEndpoint(served, metrics, unknown, options.api()).route());
        routes.add(new CompletionsEndpoint(served, metrics, unknown, options.api()).route());
        routes.addAll(new TokenEndpoints(served, unknown).routes());
        routes.addAll(new AdapterEndpoints(served, unknown, options.api().adapterDir()).routes());
        routes.addAll(new HealthEndpoints(served, metrics, counts).routes());
        routes.addAll(ChatPage.routes());
        return new Server(HttpPort.open(options.http(), routes, counts, log));
    }

    /// The port it listens on.
    public int port() {
        return port.port();
    }

    /// Takes no new requests, lets those that run go on for a while, and ends the others.
    @Override
    public void close() {
        port.close();
    }
}
