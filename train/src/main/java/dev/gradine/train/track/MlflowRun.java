package dev.gradine.train.track;

import dev.gradine.io.AtomicFiles;
import dev.gradine.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// A run on an MLflow server. A thread of its own sends what has gathered, in batches of the size MLflow
/// takes; while the server is away or slow, metrics wait in memory, and the training does not.
///
/// A run that goes on is the same run there: its number is in `mlflow.json` of its folder. Settings are
/// sent once, since MLflow lets nobody change them.
final class MlflowRun implements Tracker {

    /// Name of the file with the run's number.
    static final String FILE = "mlflow.json";

    /// Most metrics of one request, and most that wait.
    static final int BATCH = 1000;

    static final int MOST_WAITING = 500_000;

    private static final int PARAMS = 100;
    private static final int LONGEST_PARAM = 500;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    private static final Duration FAREWELL = Duration.ofSeconds(10);

    /// What a run is called there.
    record Names(String experiment, String run) {}

    private final MlflowApi api;
    private final Names names;
    private final Path file;
    private final Map<String, Object> settings;
    private final Consumer<String> told;
    private final Deque<Map<String, Object>> waiting = new ArrayDeque<>();
    private final Thread sender;
    private long lost;
    private boolean ended;
    private String status = "";
    private String fault = "";

    MlflowRun(MlflowApi api, Names names, Path folder, Map<String, Object> settings, Consumer<String> told) {
        this.api = api;
        this.names = names;
        this.settings = settings;
        this.told = told;
        file = folder.resolve(FILE);
        sender = Thread.ofPlatform().daemon().name("gradine-mlflow").start(this::send);
    }

    @Override
    public synchronized void write(long step, Map<String, ? extends Number> metrics) {
        long now = System.currentTimeMillis();
        metrics.forEach((name, value) -> {
            if (waiting.size() == MOST_WAITING) {
                lost++;
                return;
            }
            Map<String, Object> metric = new LinkedHashMap<>();
            metric.put("key", name);
            metric.put("value", value);
            metric.put("timestamp", now);
            metric.put("step", step);
            waiting.add(metric);
        });
        notifyAll();
    }

    @Override
    public void end(Status how) {
        synchronized (this) {
            status = switch (how) {
                case FINISHED -> "FINISHED";
                case INTERRUPTED -> "KILLED";
                case FAILED -> "FAILED";
            };
            ended = true;
            notifyAll();
        }
        try {
            sender.join(FAREWELL);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        sender.interrupt();
        synchronized (this) {
            long unsent = lost + waiting.size();
            if (unsent == 0 && fault.isEmpty()) return;
            told.accept("--mlflow: %s: %,d metrics were not sent (%s); they are in metrics.jsonl"
                    .formatted(api.server(), unsent, fault.isEmpty() ? "no answer" : fault));
        }
    }

    /// The thread: opens the run, then sends until it has ended.
    private void send() {
        try {
            String run = retried(this::open);
            List<Map<String, Object>> batch = next();
            while (!batch.isEmpty()) {
                List<Map<String, Object>> now = batch;
                retried(() -> log(run, now));
                sent(now.size());
                batch = next();
            }
            retried(() -> {
                api.update(run, status);
                return run;
            });
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Something that asks the server.
    private interface Request {
        String run() throws IOException, InterruptedException;
    }

    /// Tries until it works, with longer and longer pauses.
    private String retried(Request request) throws InterruptedException {
        Duration pause = FIRST_PAUSE;
        while (true) {
            try {
                String result = request.run();
                note("");
                return result;
            } catch (IOException e) {
                note(e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
            }
            Thread.sleep(pause);
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    private synchronized void note(String what) {
        fault = what;
    }

    private String open() throws IOException, InterruptedException {
        if (Files.exists(file) && Json.readObject(file).get("run_id") instanceof String known) return known;
        String run = api.createRun(api.experiment(names.experiment()), names.run());
        List<Map<String, Object>> params = new ArrayList<>();
        settings.forEach((name, value) -> params.add(Map.of("key", key(name), "value", cut(String.valueOf(value)))));
        for (int i = 0; i < params.size(); i += PARAMS) {
            api.logBatch(run, List.of(), params.subList(i, Math.min(params.size(), i + PARAMS)));
        }
        AtomicFiles.writeText(file, Json.line(Map.of("run_id", run)) + "\n");
        return run;
    }

    /// MLflow's names have letters, digits and `_-./` alone.
    private static String key(String name) {
        return name.replaceAll("[^A-Za-z0-9_./ -]", "_");
    }

    private static String cut(String value) {
        return value.length() <= LONGEST_PARAM ? value : value.substring(0, LONGEST_PARAM - 1) + "…";
    }

    private String log(String run, List<Map<String, Object>> metrics) throws IOException, InterruptedException {
        List<Map<String, Object>> named = new ArrayList<>();
        for (Map<String, Object> m : metrics) {
            Map<String, Object> copy = new LinkedHashMap<>(m);
            copy.put("key", key(String.valueOf(m.get("key"))));
            named.add(copy);
        }
        api.logBatch(run, named, List.of());
        return run;
    }

    /// Waits for metrics; none when the run has ended and all are sent.
    private synchronized List<Map<String, Object>> next() throws InterruptedException {
        while (waiting.isEmpty() && !ended) wait();
        return waiting.stream().limit(BATCH).toList();
    }

    private synchronized void sent(int count) {
        for (int i = 0; i < count; i++) waiting.remove();
    }
}
