package dev.gradine.train.track;

import dev.gradine.io.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// MLflow's REST interface, as far as a run needs it: https://mlflow.org/docs/latest/rest-api.html.
final class MlflowApi {

    private static final String ROOT = "/api/2.0/mlflow/";
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int OK = 200;
    private static final int NOT_FOUND = 404;

    private final URI server;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(PATIENCE).build();

    MlflowApi(URI server) {
        this.server = server;
    }

    /// The server's address.
    URI server() {
        return server;
    }

    /// Number of the experiment of that name, which is made if there is none.
    String experiment(String name) throws IOException, InterruptedException {
        String query = "experiments/get-by-name?experiment_name=" + URLEncoder.encode(name, StandardCharsets.UTF_8);
        HttpResponse<String> found = send(request(query).GET());
        if (found.statusCode() != NOT_FOUND) {
            return text(object(body(query, found), "experiment"), "experiment_id");
        }
        return text(post("experiments/create", Map.of("name", name)), "experiment_id");
    }

    /// Number of a new run.
    String createRun(String experiment, String name) throws IOException, InterruptedException {
        Map<String, Object> run = post(
                "runs/create",
                Map.of("experiment_id", experiment, "run_name", name, "start_time", System.currentTimeMillis()));
        return text(object(object(run, "run"), "info"), "run_id");
    }

    void logBatch(String run, List<Map<String, Object>> metrics, List<Map<String, Object>> params)
            throws IOException, InterruptedException {
        post("runs/log-batch", Map.of("run_id", run, "metrics", metrics, "params", params));
    }

    void update(String run, String status) throws IOException, InterruptedException {
        post("runs/update", Map.of("run_id", run, "status", status, "end_time", System.currentTimeMillis()));
    }

    private Map<String, Object> post(String path, Map<String, Object> body) throws IOException, InterruptedException {
        var publisher = HttpRequest.BodyPublishers.ofString(Json.line(body));
        return body(
                path,
                send(request(path).header("Content-Type", "application/json").POST(publisher)));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(server + ROOT + path)).timeout(PATIENCE);
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private static Map<String, Object> body(String path, HttpResponse<String> response) throws IOException {
        if (response.statusCode() != OK) throw new IOException(path + " answers " + response.statusCode());
        try {
            return Json.parseObject(path, response.body().getBytes(StandardCharsets.UTF_8));
        } catch (RuntimeException e) {
            throw new IOException(path + " answers no JSON object", e);
        }
    }

    @SuppressWarnings("unchecked") // keys of JSON are text
    private static Map<String, Object> object(Map<String, Object> of, String key) throws IOException {
        if (of.get(key) instanceof Map<?, ?> m) return (Map<String, Object>) m;
        throw new IOException("an answer without " + key);
    }

    private static String text(Map<String, Object> of, String key) throws IOException {
        if (of.get(key) instanceof String s) return s;
        throw new IOException("an answer without " + key);
    }
}
