package dev.gradine.cli.evaluation;

import dev.gradine.io.AtomicFiles;
import dev.gradine.train.report.Frame;
import dev.gradine.train.report.Html;
import dev.gradine.train.report.Page;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Evaluations as one page that needs no network and runs no program, in the look of a run's report:
/// numbers, then item by item what was asked and answered. Of two evaluations the items that differ come
/// first.
public final class EvalPage {

    private static final int SHOWN = 200; // items

    private EvalPage() {}

    /// Writes the page, atomically.
    ///
    /// @param runs one, or several side by side
    public static void write(Path file, List<EvalRun> runs) {
        write(file, runs, "");
    }

    /// The same with what training has cost above all.
    ///
    /// @param runs the model before training, then each that was trained from it
    public static void write(Path file, List<EvalRun> runs, ForgettingReport forgetting) {
        write(file, runs, forgetting.html());
    }

    private static void write(Path file, List<EvalRun> runs, String lead) {
        String names = runs.stream().map(EvalRun::name).collect(Collectors.joining(" and "));
        Map<String, String> parts = Map.of(
                "lead", lead,
                "numbers", numbers(runs),
                "differences", differences(runs),
                "items", items(runs));
        String main = Page.fill(Page.resource(EvalPage.class, "evaluation.html"), parts);
        AtomicFiles.writeText(file, Frame.still("Evaluation", Html.text(names), main));
    }

    private static String numbers(List<EvalRun> runs) {
        Map<String, List<String>> rows = new TreeMap<>();
        for (int r = 0; r < runs.size(); r++) {
            for (EvalRun.Figure n : runs.get(r).numbers()) {
                List<String> row = rows.computeIfAbsent(n.task() + " " + n.metric(), _ -> blanks(runs.size()));
                String error = Double.isNaN(n.error()) ? "" : String.format(Locale.ROOT, " ± %.4f", n.error());
                row.set(r, String.format(Locale.ROOT, "%.4f", n.value()) + error);
            }
        }
        List<List<String>> table = new ArrayList<>();
        rows.forEach((name, values) -> table.add(joined(name, values)));
        return Html.table(
                joined("task and metric", runs.stream().map(EvalRun::name).toList()), table);
    }

    private static List<String> blanks(int n) {
        List<String> row = new ArrayList<>();
        for (int i = 0; i < n; i++) row.add("");
        return row;
    }

    private static List<String> joined(String first, List<String> rest) {
        List<String> all = new ArrayList<>(List.of(first));
        all.addAll(rest);
        return all;
    }

    /// How each evaluation differs from the first, a line a metric.
    public static List<String> lines(List<EvalRun> runs) {
        List<String> lines = new ArrayList<>();
        for (EvalRun other : runs.subList(1, runs.size())) {
            for (EvalDifference d : EvalDifference.of(runs.getFirst(), other)) {
                lines.add(other.name() + " after " + runs.getFirst().name() + ": " + d.line());
            }
        }
        return lines;
    }

    private static String differences(List<EvalRun> runs) {
        if (runs.size() < 2) return "";
        return lines(runs).stream()
                .map(line -> "<li>" + Html.text(line) + "</li>\n")
                .collect(Collectors.joining(
                        "",
                        "<section><h2>Differences, item by item</h2>\n<ul class=\"notes\">\n",
                        "</ul></section>\n"));
    }

    private static String items(List<EvalRun> runs) {
        List<String> keys = new ArrayList<>(runs.getFirst().items().keySet());
        List<String> differing = keys.stream().filter(k -> differs(runs, k)).toList();
        List<String> ordered = new ArrayList<>(differing);
        keys.stream().filter(k -> !differing.contains(k)).forEach(ordered::add);
        StringBuilder html = new StringBuilder();
        if (runs.size() > 1) {
            html.append("<p class=\"none\">%d of %d items are not scored alike and come first.</p>\n"
                    .formatted(differing.size(), keys.size()));
        }
        for (String key : ordered.subList(0, Math.min(SHOWN, ordered.size()))) html.append(item(runs, key));
        if (ordered.size() > SHOWN) {
            html.append("<p class=\"none\">%d more items are in the samples_….jsonl files.</p>\n"
                    .formatted(ordered.size() - SHOWN));
        }
        return html.toString();
    }

    private static boolean differs(List<EvalRun> runs, String key) {
        return runs.stream()
                        .map(r -> r.items().get(key))
                        .filter(i -> i != null)
                        .map(EvalItem::scores)
                        .distinct()
                        .count()
                > 1;
    }

    private static String item(List<EvalRun> runs, String key) {
        EvalItem first = runs.getFirst().items().get(key);
        if (first == null) return "";
        StringBuilder html = new StringBuilder("<article><details><summary>");
        html.append(Html.text(key + ": " + scores(runs, key))).append("</summary>\n<p class=\"command\">");
        html.append(Html.text(first.prompt())).append("</p>\n<p class=\"when\">right: ");
        html.append(Html.text(first.target())).append("</p>\n<div class=\"pair\">");
        for (EvalRun run : runs) {
            EvalItem item = run.items().get(key);
            if (item == null) continue;
            html.append("<div><h4>").append(Html.text(run.name())).append("</h4><p>");
            html.append(Html.text(item.answer())).append("</p></div>");
        }
        return html.append("</div></details></article>\n").toString();
    }

    private static String scores(List<EvalRun> runs, String key) {
        List<String> all = new ArrayList<>();
        for (EvalRun run : runs) {
            EvalItem item = run.items().get(key);
            if (item == null) all.add("not asked");
            else
                all.add(item.scores().entrySet().stream()
                        .map(e -> String.format(Locale.ROOT, "%s %.4g", e.getKey(), e.getValue()))
                        .collect(Collectors.joining(", ")));
        }
        return String.join(" | ", all);
    }
}
