package dev.gradine.serve.api;

import dev.gradine.serve.Served;
import dev.gradine.serve.http.AnswerCounts;
import dev.gradine.serve.http.Call;
import dev.gradine.serve.http.JsonMap;
import dev.gradine.serve.http.Route;
import java.io.IOException;
import java.util.List;

/// `GET /health`, `/metrics` and `/version`.
final class HealthEndpoints {

    private final Served served;
    private final Metrics metrics;
    private final AnswerCounts answers;

    /// @param answers of the server so far, by status
    HealthEndpoints(Served served, Metrics metrics, AnswerCounts answers) {
        this.served = served;
        this.metrics = metrics;
        this.answers = answers;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/health", true, call -> call.json(200, JsonMap.of("status", "ok"))),
                Route.get("/metrics", this::metrics),
                Route.get("/version", HealthEndpoints::version));
    }

    private void metrics(Call call) throws IOException {
        String text = metrics.text(served, answers.byStatus());
        call.text("text/plain; version=0.0.4; charset=utf-8", text);
    }

    private static void version(Call call) throws IOException {
        String built = HealthEndpoints.class.getPackage().getImplementationVersion();
        call.json(200, JsonMap.of("version", built == null ? "(not packaged)" : built));
    }
}
