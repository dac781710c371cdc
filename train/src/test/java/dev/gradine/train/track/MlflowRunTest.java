package dev.gradine.train.track;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.gradine.io.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Against a server of this process, which answers as MLflow does, or does not.
class MlflowRunTest {

    private record Call(String path, Map<String, Object> body) {}

    @TempDir
    private Path temp = Path.of("");

    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private final List<String> lines = new ArrayList<>();
    private final AtomicInteger refusals = new AtomicInteger();
    private final CountDownLatch gate = new CountDownLatch(1);
    private boolean gated;
    private boolean known;
    private HttpServer server = none();

    private static HttpServer none() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void start() {
        server.createContext("/", this::answer);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    @AfterEach
    void stop() {
        gate.countDown();
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        String path = exchange.getRequestURI().toString().replace("/api/2.0/mlflow/", "");
        if (gated) await();
        if (refusals.getAndDecrement() > 0) {
            reply(exchange, 500, "overloaded");
            return;
        }
        calls.add(new Call(path, body.length == 0 ? Map.of() : Json.parseObject(path, body)));
        switch (path.replaceFirst("\\?.*", "")) {
            case "experiments/get-by-name" -> {
                if (known) reply(exchange, 200, "{\"experiment\":{\"experiment_id\":\"8\"}}");
                else reply(exchange, 404, "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"}");
            }
            case "experiments/create" -> reply(exchange, 200, "{\"experiment_id\":\"7\"}");
            case "runs/create" -> reply(exchange, 200, "{\"run\":{\"info\":{\"run_id\":\"abc\"}}}");
            default -> reply(exchange, 200, "{}");
        }
    }

    private void await() {
        try {
            gate.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void reply(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private MlflowRun open() {
        MlflowApi api = new MlflowApi(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort()));
        Map<String, Object> settings = new LinkedHashMap<>(Map.of("lr", 0.1));
        for (int i = 0; i < 120; i++) settings.put("s" + i, i);
        settings.put("text", "x".repeat(600));
        return new MlflowRun(api, new MlflowRun.Names("my runs", "one"), temp, settings, lines::add);
    }

    private List<Map<?, ?>> logged(String what) {
        List<Map<?, ?>> all = new ArrayList<>();
        for (Call c : calls) {
            if (!c.path().equals("runs/log-batch")) continue;
            for (Object m : (List<?>) requireNonNull(c.body().get(what))) all.add((Map<?, ?>) requireNonNull(m));
        }
        return all;
    }

    private List<String> paths() {
        return calls.stream().map(Call::path).distinct().toList();
    }

    @Test
    void a_run_is_made_with_its_settings_and_every_metric_arrives_once() {
        MlflowRun run = open();
        for (int step = 1; step <= 1500; step++) run.write(step, Map.of("loss", 1.0 / step, "rewards/margins@1", 0.5));
        run.end(Tracker.Status.FINISHED);
        assertThat(paths())
                .containsExactly(
                        "experiments/get-by-name?experiment_name=my+runs",
                        "experiments/create",
                        "runs/create",
                        "runs/log-batch",
                        "runs/update");
        assertThat(logged("params")).hasSize(122);
        assertThat(logged("params").stream()
                        .map(p -> String.valueOf(p.get("value")).length()))
                .allMatch(n -> n <= 500);
        assertThat(logged("metrics")).hasSize(3000);
        assertThat(logged("metrics").stream()
                        .filter(m -> "loss".equals(m.get("key")))
                        .map(m -> ((Number) requireNonNull(m.get("step"))).intValue()))
                .isSorted()
                .doesNotHaveDuplicates();
        assertThat(logged("metrics")).anyMatch(m -> "rewards/margins_1".equals(m.get("key")));
        for (Call c : calls) {
            if (!c.path().equals("runs/log-batch")) continue;
            assertThat((List<?>) c.body().get("metrics")).hasSizeLessThanOrEqualTo(1000);
            assertThat((List<?>) c.body().get("params")).hasSizeLessThanOrEqualTo(100);
        }
        assertThat(requireNonNull(calls.getLast()).body()).containsEntry("status", "FINISHED");
        assertThat(lines).isEmpty();
    }

    @Test
    void an_experiment_that_is_there_is_taken() {
        known = true;
        open().end(Tracker.Status.FAILED);
        assertThat(paths()).doesNotContain("experiments/create");
        assertThat(calls.get(1).body()).containsEntry("experiment_id", "8").containsEntry("run_name", "one");
        assertThat(requireNonNull(calls.getLast()).body()).containsEntry("status", "FAILED");
    }

    @Test
    void a_server_that_refuses_is_asked_again() {
        refusals.set(3);
        MlflowRun run = open();
        run.write(1, Map.of("loss", 1.0));
        run.end(Tracker.Status.FINISHED);
        assertThat(logged("metrics")).hasSize(1);
        assertThat(lines).isEmpty();
    }

    @Test
    void a_server_that_does_not_answer_keeps_nobody_waiting() {
        gated = true;
        MlflowRun run = open();
        long start = System.nanoTime();
        for (int step = 1; step <= 10_000; step++) run.write(step, Map.of("loss", 1.0));
        assertThat(System.nanoTime() - start).isLessThan(2_000_000_000L);
        assertThat(calls).isEmpty();
        gate.countDown();
        run.end(Tracker.Status.FINISHED);
        assertThat(logged("metrics")).hasSize(10_000);
    }

    @Test
    void metrics_that_could_not_be_sent_are_counted_in_a_line() {
        server.stop(0);
        MlflowRun run = open();
        run.write(1, Map.of("loss", 1.0, "grad_norm", 2.0));
        Thread.currentThread().interrupt(); // end waits for nothing
        run.end(Tracker.Status.FINISHED);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(lines)
                .singleElement()
                .asString()
                .startsWith("--mlflow: http://127.0.0.1:")
                .contains(": 2 metrics were not sent (")
                .endsWith("); they are in metrics.jsonl");
    }

    @Test
    void a_run_that_goes_on_is_the_same_run_and_sends_its_settings_no_more() throws IOException {
        open().end(Tracker.Status.INTERRUPTED);
        assertThat(Files.readString(temp.resolve("mlflow.json"))).isEqualTo("{\"run_id\":\"abc\"}\n");
        calls.clear();
        MlflowRun run = open();
        run.write(2, Map.of("loss", 1.0));
        run.end(Tracker.Status.FINISHED);
        assertThat(paths()).containsExactly("runs/log-batch", "runs/update");
        assertThat(logged("params")).isEmpty();
    }
}
