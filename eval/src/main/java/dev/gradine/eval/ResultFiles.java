package dev.gradine.eval;

import dev.gradine.data.jinja.JinjaTemplate;
import dev.gradine.data.jinja.Limits;
import dev.gradine.eval.metric.Aggregate;
import dev.gradine.eval.metric.Graded;
import dev.gradine.eval.metric.MetricInfo;
import dev.gradine.eval.metric.Point;
import dev.gradine.eval.model.Request;
import dev.gradine.io.AtomicFiles;
import dev.gradine.io.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The files of an evaluation with lm-evaluation-harness's names: `results_<time>.json` and, for each
/// task, `samples_<task>_<time>.jsonl`. Viewers made for those read these.
///
/// @param folder where they are written
/// @param time part of their names, such as `2026-11-29T19-21-50.123456`
public record ResultFiles(Path folder, String time) {

    private static final JinjaTemplate JSON = JinjaTemplate.parse("json", "{{ value | tojson(indent=2) }}");
    private static final JinjaTemplate TEXT = JinjaTemplate.parse("text", "{{ value }}");

    /// The file of the numbers.
    public Path results() {
        return folder.resolve("results_" + time + ".json");
    }

    /// The file of a task's items.
    public Path samples(String task) {
        return folder.resolve("samples_" + task + "_" + time + ".jsonl");
    }

    /// Makes the folder, so that an evaluation does not end where its results have no place.
    ///
    /// @throws UncheckedIOException if it cannot be made
    public void prepare() {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be made a folder for results", e);
        }
    }

    /// Writes all of them.
    ///
    /// @param about what is known of the evaluation: `config`, `total_evaluation_time_seconds` and others
    public void write(List<TaskResult> results, Map<String, Object> about) {
        Map<String, Object> hashes = new LinkedHashMap<>();
        for (TaskResult r : results) {
            StringBuilder all = new StringBuilder();
            StringBuilder lines = new StringBuilder();
            for (Sample s : r.samples()) {
                Map<String, Object> base = sample(s);
                all.append(base.get("doc_hash")).append(base.get("prompt_hash")).append(base.get("target_hash"));
                for (Graded g : s.graded())
                    lines.append(Json.line(graded(base, g, r))).append('\n');
            }
            AtomicFiles.writeText(samples(r.task().name()), lines.toString());
            hashes.put(r.task().name(), sha256(all.toString()));
        }
        Map<String, Object> all = numbers(results);
        all.put("task_hashes", hashes);
        all.putAll(about);
        Json.write(results(), all);
    }

    private static Map<String, Object> numbers(List<TaskResult> results) {
        Map<String, Object> all = new LinkedHashMap<>();
        for (String part : List.of("results", "configs", "versions", "n-shot", "higher_is_better", "n-samples")) {
            all.put(part, new LinkedHashMap<String, Object>());
        }
        for (TaskResult r : results) {
            String task = r.task().name();
            Map<String, Object> scores = new LinkedHashMap<>(Map.of("alias", task));
            Map<String, Object> better = new LinkedHashMap<>();
            for (Score s : r.scores()) {
                scores.put(s.metric().name() + "," + s.filter(), s.value());
                scores.put(s.metric().name() + "_stderr," + s.filter(), s.hasError() ? s.error() : "N/A");
                better.put(s.metric().name(), s.metric().higherIsBetter());
            }
            put(all, "results", task, scores);
            put(all, "configs", task, config(r));
            put(all, "versions", task, r.task().version());
            put(all, "n-shot", task, r.task().shots().count());
            put(all, "higher_is_better", task, better);
            put(
                    all,
                    "n-samples",
                    task,
                    Map.of("original", r.documents(), "effective", r.samples().size()));
        }
        return all;
    }

    private static Map<String, Object> config(TaskResult r) {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("task", r.task().name());
        config.put("output_type", r.task().question().outputType());
        config.put("num_fewshot", r.task().shots().count());
        config.put("metadata", Map.of("version", r.task().version()));
        config.put("warnings", r.warnings());
        return config;
    }

    @SuppressWarnings("unchecked") // made so above
    private static void put(Map<String, Object> all, String part, String task, Object value) {
        ((Map<String, Object>) all.getOrDefault(part, Map.of())).put(task, value);
    }

    private static Map<String, Object> sample(Sample s) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("doc_id", s.doc().id());
        line.put("doc", s.doc().json());
        line.put("target", s.target());
        Map<String, Object> arguments = new LinkedHashMap<>();
        for (int i = 0; i < s.requests().size(); i++) {
            Map<String, Object> one = new LinkedHashMap<>();
            List<Object> given = s.requests().get(i).arguments();
            for (int j = 0; j < given.size(); j++) one.put("arg_" + j, given.get(j));
            arguments.put("gen_args_" + i, one);
        }
        line.put("arguments", arguments);
        line.put(
                "resps",
                s.responses().stream().map(r -> List.of(texts(r.shown()))).toList());
        line.put("doc_hash", sha256(rendered(JSON, s.doc().fields())));
        line.put("prompt_hash", sha256(prompt(s.requests().getFirst())));
        line.put("target_hash", sha256(rendered(TEXT, s.target())));
        return line;
    }

    private static String prompt(Request first) {
        return String.valueOf(first.arguments().getFirst());
    }

    private static Map<String, Object> graded(Map<String, Object> base, Graded g, TaskResult r) {
        Map<String, Object> line = new LinkedHashMap<>(base);
        line.put("filtered_resps", g.filtered().stream().map(ResultFiles::text).toList());
        line.put("filter", g.filter());
        line.put("metrics", new ArrayList<>(g.points().keySet()));
        for (MetricInfo m : r.task().question().metrics()) {
            Point p = g.points().get(m.name());
            if (p == null) continue;
            boolean weighs = m.aggregate() == Aggregate.WEIGHTED_PERPLEXITY || m.aggregate() == Aggregate.BITS_PER_BYTE;
            line.put(m.name(), weighs ? List.of(p.value(), p.weight()) : p.value());
        }
        return line;
    }

    /// A list of one text is the text, as lm-evaluation-harness has it.
    private static Object texts(List<Object> shown) {
        return shown.size() == 1 ? text(shown.getFirst()) : text(shown);
    }

    private static Object text(Object value) {
        return switch (value) {
            case List<?> l -> l.stream().map(v -> text((Object) v)).toList();
            case Boolean b -> b ? "True" : "False";
            default -> value.toString();
        };
    }

    private static String rendered(JinjaTemplate template, Object value) {
        return template.render(Map.of("value", value), Limits.defaults()).text();
    }

    private static String sha256(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("results: this Java has no SHA-256", e);
        }
    }
}
