package dev.gradine.train.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/// The parts of the page below the curves. Each is empty where the run has nothing for it.
final class Sections {

    private static final String NONE = "\u2014";

    private Sections() {}

    static String notes(RunInfo run) {
        StringBuilder html = new StringBuilder();
        for (String note : run.outcome().notes())
            html.append("<li>").append(Html.text(note)).append("</li>\n");
        return html.isEmpty() ? "" : "<ul class=\"notes\">\n" + html + "</ul>\n";
    }

    static String evaluation(RunInfo run) {
        Map<String, Double> before = run.outcome().evalBefore();
        Map<String, Double> after = run.outcome().evalAfter();
        Set<String> names = new TreeSet<>(before.keySet());
        names.addAll(after.keySet());
        if (names.isEmpty()) return "";
        List<List<String>> rows = new ArrayList<>();
        for (String name : names) {
            Double from = before.get(name);
            Double to = after.get(name);
            String change = from == null || to == null ? NONE : signed(to - from);
            rows.add(List.of(
                    name, from == null ? NONE : Numbers.number(from), to == null ? NONE : Numbers.number(to), change));
        }
        return Html.table(List.of("metric", "before", "after", "change"), rows);
    }

    static String samples(RunInfo run) {
        StringBuilder html = new StringBuilder();
        for (RunInfo.Sample s : run.outcome().samples()) {
            html.append("<article><h3>").append(Html.text(s.prompt())).append("</h3>\n<div class=\"pair\">");
            html.append(answer("before", s.before()))
                    .append(answer("after", s.after()))
                    .append("</div></article>\n");
        }
        return html.toString();
    }

    private static String answer(String when, String text) {
        String body = text.isEmpty() ? "<p class=\"none\">no answer was made</p>" : "<p>" + Html.text(text) + "</p>";
        return "<div class=\"" + when + "\"><h4>" + when + "</h4>" + body + "</div>";
    }

    static String settings(RunInfo run) {
        Map<String, String> rows = new LinkedHashMap<>();
        run.settings().forEach((name, value) -> rows.put(name, setting(value)));
        return Html.pairs(rows);
    }

    private static String setting(Object value) {
        return switch (value) {
            case List<?> list ->
                String.join(", ", list.stream().map(v -> setting((Object) v)).toList());
            case Double d -> d.toString().replace(".0E", "e").replace('E', 'e');
            default -> value.toString();
        };
    }

    static String cost(RunInfo run, Series series) {
        Map<String, String> rows = new LinkedHashMap<>();
        rows.put("started", Numbers.date(run.launch().started()));
        if (run.end().hasFinished()) {
            rows.put("ended", Numbers.date(run.end().finished()));
            rows.put("whole run", Numbers.seconds(run.end().seconds()));
        }
        if (series.has("step_seconds")) {
            rows.put("one step, median", Numbers.seconds(series.median("step_seconds")));
            rows.put("one step, slowest", Numbers.seconds(series.max("step_seconds")));
        }
        if (run.hasMemory()) {
            rows.put(
                    "memory, peak of the process",
                    Numbers.megabytes(run.memory().peakMb()));
            rows.put(
                    "weights, adapters, optimiser",
                    Numbers.megabytes(run.memory().weightsMb()));
            rows.put(
                    "activations and gradients of a step",
                    Numbers.megabytes(run.memory().stepMb()));
        }
        return Html.pairs(rows);
    }

    static String material(RunInfo run) {
        Map<String, String> rows = new LinkedHashMap<>();
        if (run.hasModel()) {
            RunInfo.Model m = run.model();
            rows.put("model", m.source());
            rows.put("format", m.format());
            rows.put("parameters", Numbers.count(m.parameters()));
            rows.put("trained", Numbers.count(m.trained()));
        }
        if (run.hasData()) {
            RunInfo.Data d = run.data();
            rows.put("data", String.join(", ", d.files()));
            rows.put("rows", Numbers.count(d.rows()));
            rows.put("held out", Numbers.count(d.evalRows()));
            rows.put("tokens in an epoch", Numbers.count(d.tokens()));
        }
        return Html.pairs(rows);
    }

    static String environment(RunInfo run) {
        RunInfo.Machine m = run.machine();
        Map<String, String> rows = new LinkedHashMap<>();
        rows.put("processor", m.cpu());
        rows.put("cores", Integer.toString(m.cores()));
        rows.put("vectors", m.vectorBits() + " bits");
        rows.put("memory", Numbers.megabytes((double) m.memoryMb()));
        rows.put("system", m.os());
        rows.put("Java", m.java());
        rows.put("Gradine", run.launch().version());
        return Html.pairs(rows);
    }

    private static String signed(double change) {
        return (change > 0 ? "+" : "") + Numbers.number(change);
    }
}
