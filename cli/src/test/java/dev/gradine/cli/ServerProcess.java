package dev.gradine.cli;

import dev.gradine.io.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A process that serves the golden base model of TRL's runs, named `base`, with adapters of two of them.
final class ServerProcess implements AutoCloseable {

    private static final Pattern URL = Pattern.compile("serving base at (http://127\\.0\\.0\\.1:\\d+)");

    private final HttpClient client = HttpClient.newHttpClient();
    private final Child child;
    private final String url;

    private ServerProcess(Child child, String url) {
        this.child = child;
        this.url = url;
    }

    /// Starts one, and waits until it answers.
    ///
    /// @param temp folder of its output
    static ServerProcess start(Path temp, Object... more) throws Exception {
        List<Object> args = new ArrayList<>(List.of("serve", "--model", TrlModel.BASE, "--port", 0));
        args.addAll(List.of(
                "--served-model-name", "base", "--lora-modules", TrlModel.named("dpo"), TrlModel.named("alphapo")));
        args.addAll(Arrays.asList(more));
        Child child = Child.start(temp, args.toArray());
        Matcher m = URL.matcher("");
        Path printed = temp.resolve("stdout.txt");
        child.await(
                "an address",
                () -> Files.exists(printed) && m.reset(Values.text(printed)).find());
        return new ServerProcess(child, m.group(1));
    }

    String url() {
        return url;
    }

    Child child() {
        return child;
    }

    /// Answer of a POST.
    HttpResponse<String> post(String path, Object body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(Json.line(body)))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /// Answer of a GET.
    String get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + path)).build();
        return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    /// The likeliest answer of 12 tokens.
    String chat(String model, String text) throws IOException, InterruptedException {
        Map<String, Object> body = Map.of(
                "model",
                model,
                "messages",
                List.of(Map.of("role", "user", "content", text)),
                "temperature",
                0,
                "max_tokens",
                12);
        Map<?, ?> answer = Json.parse(
                "answer", post("/v1/chat/completions", body).body().getBytes(StandardCharsets.UTF_8), Map.class);
        Map<?, ?> choice = (Map<?, ?>) ((List<?>) Objects.requireNonNull(answer.get("choices"))).getFirst();
        Map<?, ?> message = (Map<?, ?>) Objects.requireNonNull(choice.get("message"));
        return String.valueOf(message.get("content")).strip();
    }

    @Override
    public void close() {
        child.close();
    }
}
