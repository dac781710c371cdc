package dev.gradine.cli.evaluation;

import dev.gradine.eval.Change;
import dev.gradine.eval.Estimate;
import dev.gradine.eval.TaskResult;
import dev.gradine.train.report.Html;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/// What training has cost elsewhere: numbers of a model before and after, of each that was trained from it.
///
/// @param changes of each model that was trained, by its name
public record ForgettingReport(SequencedMap<String, List<Change>> changes) {

    private static final List<String> HEADINGS =
            List.of("model", "task", "metric", "items", "before", "after", "change");

    /// Of evaluations of the same tasks.
    ///
    /// @param before results of the model that all were trained from
    /// @param after results of each, by its name
    public static ForgettingReport of(List<TaskResult> before, SequencedMap<String, List<TaskResult>> after) {
        SequencedMap<String, List<Change>> all = new LinkedHashMap<>();
        after.forEach((name, results) -> {
            List<Change> own = new ArrayList<>();
            for (int i = 0; i < results.size(); i++) own.addAll(Change.of(before.get(i), results.get(i)));
            all.put(name, own);
        });
        return new ForgettingReport(all);
    }

    private List<List<String>> rows() {
        List<List<String>> rows = new ArrayList<>();
        changes.forEach((name, all) -> all.forEach(c -> rows.add(List.of(
                name,
                c.task(),
                c.metric(),
                String.valueOf(c.items()),
                text("%.4f", c.before()),
                text("%.4f", c.after()),
                text("%+.4f", c.change())))));
        return rows;
    }

    private static String text(String form, Estimate m) {
        String value = String.format(Locale.ROOT, form, m.value());
        return Double.isNaN(m.error()) ? value : value + String.format(Locale.ROOT, " ± %.4f", m.error());
    }

    /// As a table of text, each line ended.
    public String table() {
        List<List<String>> all = new ArrayList<>(List.of(HEADINGS));
        all.addAll(rows());
        StringBuilder text = new StringBuilder();
        for (List<String> row : all) {
            StringBuilder line = new StringBuilder();
            for (int c = 0; c < row.size(); c++) {
                int column = c;
                int width =
                        all.stream().mapToInt(r -> r.get(column).length()).max().orElse(0);
                line.append(row.get(c)).repeat(' ', width - row.get(c).length() + 2);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    /// As a part of a page.
    String html() {
        return "<section><h2>Forgetting</h2>\n" + Html.table(HEADINGS, rows()) + "</section>\n";
    }

    /// As JSON can hold it.
    public Map<String, Object> json() {
        Map<String, Object> all = new LinkedHashMap<>();
        changes.forEach((name, own) ->
                all.put(name, own.stream().map(ForgettingReport::json).toList()));
        return all;
    }

    private static Map<String, Object> json(Change c) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("task", c.task());
        one.put("metric", c.metric());
        one.put("items", c.items());
        put(one, "before", c.before());
        put(one, "after", c.after());
        put(one, "change", c.change());
        return one;
    }

    private static void put(Map<String, Object> to, String name, Estimate m) {
        to.put(name, m.value());
        if (!Double.isNaN(m.error())) to.put(name + "_stderr", m.error());
    }
}
