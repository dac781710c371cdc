package dev.gradine.train.compare;

import dev.gradine.io.AtomicFiles;
import dev.gradine.train.report.Html;
import dev.gradine.train.report.Page;
import dev.gradine.train.report.Report;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// A comparison as one HTML page that needs no network and runs no program.
public final class ComparisonPage {

    private ComparisonPage() {}

    /// Writes the page, atomically.
    public static void write(Path file, Comparison c) {
        Map<String, String> holes = new LinkedHashMap<>(parts(c));
        holes.put("style", Page.resource(Report.class, "report.css"));
        holes.put("runs", c.runs().stream().map(r -> legend(r.name())).collect(Collectors.joining()));
        holes.put(
                "curves",
                c.curves().stream().map(m -> CurvePlot.svg(m, c.runs())).collect(Collectors.joining()));
        String template = Page.resource(ComparisonPage.class, "compare.html");
        AtomicFiles.writeText(file, Page.fill(template, holes));
    }

    /// What stands beside the curves, as markup: `settings`, `figures` and `samples`.
    public static Map<String, String> parts(Comparison c) {
        List<String> names = c.runs().stream().map(ComparedRun::name).toList();
        List<List<String>> settings = new ArrayList<>();
        c.settings().forEach((name, values) -> settings.add(join(name, values)));
        return Map.of(
                "settings", settings.isEmpty() ? "<p>All are the same.</p>" : Html.table(join("", names), settings),
                "figures", figures(names, c.figures()),
                "samples", samples(names, c.samples()));
    }

    private static List<String> join(String name, List<String> values) {
        List<String> all = new ArrayList<>(List.of(name));
        all.addAll(values);
        return all;
    }

    private static String legend(String name) {
        return "<li>" + Html.text(name) + "</li>";
    }

    private static String figures(List<String> names, List<Comparison.Figure> figures) {
        StringBuilder html = new StringBuilder("<table class=\"grid\"><thead><tr><th></th>");
        for (String name : names) html.append("<th>").append(Html.text(name)).append("</th>");
        html.append("</tr></thead><tbody>");
        for (Comparison.Figure f : figures) {
            html.append("<tr><th>").append(Html.text(f.title())).append("</th>");
            for (int i = 0; i < names.size(); i++) {
                html.append(f.isBest(i) ? "<td class=\"best\">" : "<td>");
                html.append(ComparisonText.number(f.values().get(i))).append("</td>");
            }
            html.append("</tr>\n");
        }
        return html.append("</tbody></table>").toString();
    }

    private static String samples(List<String> names, Map<String, List<String>> samples) {
        StringBuilder html = new StringBuilder();
        samples.forEach((prompt, answers) -> {
            html.append("<h3>").append(Html.text(prompt)).append("</h3><div class=\"answers\">");
            for (int i = 0; i < names.size(); i++) {
                html.append("<div><h4>").append(Html.text(names.get(i))).append("</h4><p>");
                html.append(Html.text(answers.get(i))).append("</p></div>");
            }
            html.append("</div>\n");
        });
        return html.toString();
    }
}
