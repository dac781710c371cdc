package dev.gradine.serve.api;

import dev.gradine.nn.generate.ContinuousBatch.Drafts;
import dev.gradine.nn.generate.ContinuousBatch.Load;
import dev.gradine.serve.Served;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/// What has been written, and how fast, in the text form of Prometheus.
final class Metrics {

    private static final double NANOS = 1e-9;

    private final Map<String, LongAdder> tokens = new ConcurrentSkipListMap<>();
    private final TimeHistogram first = new TimeHistogram(
            "gradine_time_to_first_token_seconds", "From a request to its first token.", 0.01, 0.1, 0.5, 1, 5, 10, 60);
    private final TimeHistogram next = new TimeHistogram(
            "gradine_time_per_token_seconds", "Between tokens of a request.", 0.001, 0.01, 0.03, 0.1, 0.3, 1, 10);

    /// Times the tokens of one request. For one thread.
    final class Watch {

        private final LongAdder counter;
        private long last = System.nanoTime();
        private boolean isFirst = true;

        private Watch(String model) {
            counter = tokens.computeIfAbsent(model, _ -> new LongAdder());
        }

        /// A token has come.
        void token() {
            long now = System.nanoTime();
            (isFirst ? first : next).add((now - last) * NANOS);
            isFirst = false;
            last = now;
            counter.increment();
        }
    }

    /// A request to a model begins.
    Watch watch(String model) {
        return new Watch(model);
    }

    /// All of them.
    ///
    /// @param served what writes
    /// @param answers of the server, by status
    String text(Served served, Map<Integer, Long> answers) {
        StringBuilder out = new StringBuilder();
        Load load = served.now();
        gauge(out, "gradine_requests_waiting", "Prompts without room.", load.waiting());
        gauge(
                out,
                "gradine_requests_running",
                "Prompts being read, and texts being written.",
                load.reading() + load.writing());
        gauge(out, "gradine_kv_pages_used", "Pages of keys that prompts and texts have.", load.pages());
        gauge(out, "gradine_kv_pages", "Pages of keys in all, of 96 tokens each.", load.allPages());
        gauge(out, "gradine_adapters_resident", "Adapters in memory.", served.adaptersInMemory());
        head(out, "gradine_tokens_total", "Tokens written, by the model that was asked.", "counter");
        tokens.forEach((model, n) -> line(out, "gradine_tokens_total{model=\"" + label(model) + "\"}", n.sum()));
        drafts(out, served.drafts());
        head(out, "gradine_answers_total", "Answers, by status; 499 for clients that went away.", "counter");
        answers.forEach((status, n) -> line(out, "gradine_answers_total{status=\"" + status + "\"}", n));
        first.append(out);
        next.append(out);
        return out.toString();
    }

    /// Under vLLM's names, with a prefix of its own.
    private static void drafts(StringBuilder out, Drafts d) {
        head(out, "gradine_spec_decode_num_draft_tokens_total", "Tokens that drafts guessed.", "counter");
        line(out, "gradine_spec_decode_num_draft_tokens_total", d.guessed());
        head(out, "gradine_spec_decode_num_accepted_tokens_total", "Guesses that were right.", "counter");
        line(out, "gradine_spec_decode_num_accepted_tokens_total", d.right());
    }

    private static String label(String name) {
        return name.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", " ");
    }

    private static void gauge(StringBuilder out, String name, String help, long value) {
        head(out, name, help, "gauge");
        line(out, name, value);
    }

    static void head(StringBuilder out, String name, String help, String type) {
        out.append(
                "# HELP %s %s%n# TYPE %s %s%n".formatted(name, help, name, type).replace("\r\n", "\n"));
    }

    static void line(StringBuilder out, String name, Number value) {
        out.append(name)
                .append(' ')
                .append(String.format(Locale.ROOT, "%s", value))
                .append('\n');
    }
}
