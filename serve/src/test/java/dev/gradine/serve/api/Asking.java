package dev.gradine.serve.api;

import dev.gradine.serve.ScriptedServed;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A server over a scripted model, and a client that asks it. The client offers HTTP/2 in each request, as
/// the JDK's does unless it is told not to.
final class Asking implements AutoCloseable {

    private final List<String> log = new CopyOnWriteArrayList<>();
    private final ScriptedServed model = new ScriptedServed();
    private final Server server;
    private final HttpClient client = HttpClient.newHttpClient();

    Asking(ServerOptions options) {
        server = Server.start(model, new ServerOptions(options.http().at(0), options.api()), log::add);
    }

    ScriptedServed model() {
        return model;
    }

    List<String> log() {
        return log;
    }

    int port() {
        return server.port();
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path));
    }

    HttpResponse<String> get(String path) {
        return send(request(path).build());
    }

    HttpResponse<String> post(String path, String json) {
        return send(json(path, json).build());
    }

    HttpRequest.Builder json(String path, String json) {
        return request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(json));
    }

    HttpResponse<String> send(HttpRequest request) {
        try {
            return client.send(request, BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /// What the server says to bytes, until it closes the connection or has said `last`.
    String raw(String request, String last) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
            StringBuilder said = new StringBuilder();
            byte[] piece = new byte[4096];
            while (said.indexOf(last) < 0) {
                int n = socket.getInputStream().read(piece);
                if (n < 0) break;
                said.append(new String(piece, 0, n, StandardCharsets.UTF_8));
            }
            return said.toString();
        }
    }

    void closeServer() {
        server.close();
    }

    /// What the model was asked last, as text.
    String prompt() {
        return model.codec().tokenizer().decode(model.asked().getLast().prompt(), false);
    }

    @Override
    public void close() {
        client.close();
        server.close();
        model.close();
    }
}
