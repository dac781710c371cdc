package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.io.Json;
import dev.gradine.testkit.Chromium;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A page in a real browser without a window, asked by the protocol of its developer tools.
final class BrowserTab implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 240;

    private final Process process;
    private final HttpClient client = HttpClient.newHttpClient();
    private final WebSocket socket;
    private final BlockingQueue<Map<String, Object>> answers = new LinkedBlockingQueue<>();
    private final List<String> complaints = Collections.synchronizedList(new ArrayList<>());
    private int asked;

    private BrowserTab(Process process, Path profile) throws Exception {
        this.process = process;
        Path port = profile.resolve("DevToolsActivePort");
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while ((!Files.exists(port) || Files.size(port) == 0) && System.nanoTime() < until) Thread.sleep(50);
        String address = "http://127.0.0.1:" + Files.readAllLines(port).getFirst() + "/json/new?about:blank";
        HttpRequest opens = HttpRequest.newBuilder(URI.create(address))
                .method("PUT", HttpRequest.BodyPublishers.noBody())
                .build();
        byte[] tab = client.send(opens, BodyHandlers.ofByteArray()).body();
        Object url = Json.parseObject("a tab", tab).get("webSocketDebuggerUrl");
        socket = client.newWebSocketBuilder()
                .buildAsync(URI.create(String.valueOf(url)), new Listener())
                .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /// Opens an empty page.
    ///
    /// @param folder for the browser's profile
    static BrowserTab open(Chromium browser, Path folder) throws Exception {
        Path profile = folder.resolve("profile");
        List<String> command = browser.command(
                profile, List.of("--remote-debugging-port=0", "--window-size=1200,1400", "about:blank"));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("browser.log").toFile())
                .start();
        try {
            BrowserTab tab = new BrowserTab(process, profile);
            tab.ask("Runtime.enable", Map.of());
            tab.ask("Log.enable", Map.of());
            return tab;
        } catch (Exception | AssertionError e) {
            Chromium.end(process);
            throw e;
        }
    }

    /// Puts the texts together; what answers a question is queued, what complains is kept.
    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            from.request(1);
            if (!last) return null;
            String whole = text.toString();
            text.setLength(0);
            if (whole.contains("exceptionThrown") || whole.contains("\"level\":\"error\"")) {
                if (!whole.contains("favicon.ico")) complaints.add(whole);
            }
            Map<String, Object> message = Json.parseObject("an answer", whole.getBytes(StandardCharsets.UTF_8));
            if (message.containsKey("id")) answers.add(message);
            return null;
        }
    }

    private Object ask(String method, Map<String, Object> parameters) throws InterruptedException {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("id", ++asked);
        request.put("method", method);
        request.put("params", parameters);
        socket.sendText(Json.line(request), true).join();
        Map<String, Object> answer = answers.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        if (answer == null) throw new AssertionError("the browser did not answer " + method);
        assertThat(answer).containsKey("result");
        return answer.getOrDefault("result", Map.of());
    }

    void go(String url) throws InterruptedException {
        ask("Page.navigate", Map.of("url", url));
    }

    /// The value of an expression of the page, as text.
    String evaluate(String expression) throws InterruptedException {
        Object result = ask("Runtime.evaluate", Map.of("expression", "String(" + expression + ")"));
        return result instanceof Map<?, ?> r && r.get("result") instanceof Map<?, ?> v
                ? String.valueOf(v.get("value"))
                : "";
    }

    /// Waits until an expression of the page is true.
    void await(String expression) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!evaluate(expression).equals("true")) {
            if (System.nanoTime() > until) {
                throw new AssertionError(expression + " never was true; the page says: "
                        + evaluate("document.body.innerText") + "\n" + complaints());
            }
            Thread.sleep(100);
        }
    }

    /// A picture of the page, as PNG.
    void shoot(Path file) throws InterruptedException, IOException {
        Object result = ask("Page.captureScreenshot", Map.of("captureBeyondViewport", true));
        if (!(result instanceof Map<?, ?> r)) throw new AssertionError("no picture");
        Files.write(file, Base64.getDecoder().decode(String.valueOf(r.get("data"))));
    }

    /// Errors of the page's programs, and what its policy has refused.
    String complaints() {
        return String.join("\n", complaints);
    }

    @Override
    public void close() {
        socket.abort();
        client.shutdownNow();
        try {
            Chromium.end(process);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
