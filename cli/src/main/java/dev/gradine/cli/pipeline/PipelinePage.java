package dev.gradine.cli.pipeline;

import dev.gradine.io.AtomicFiles;
import dev.gradine.train.report.Frame;
import dev.gradine.train.report.Html;
import dev.gradine.train.report.Page;
import dev.gradine.train.report.Report;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// The page about a pipeline, in the look of a run's report: rounds side by side, what was to be compared, and every
/// stage with its command, key, time, figures and the page of its own, where it has one.
final class PipelinePage {

    private PipelinePage() {}

    /// Writes the page, atomically.
    ///
    /// @param verdict what came of it, in lines
    static Path write(Path root, Pipeline pipeline, RoundBook book, List<String> verdict) {
        Map<String, String> parts = Map.of(
                "verdict", lines(verdict),
                "rounds", section("Rounds", table(book.table())),
                "compared", section("Compared", compared(book)),
                "stages", stages(root, book));
        Path page = root.resolve(Report.FILE);
        String main = Page.fill(Page.resource(PipelinePage.class, "pipeline.html"), parts);
        AtomicFiles.writeText(page, Frame.still("Pipeline", Html.text(pipeline.title()), main));
        return page;
    }

    private static String lines(List<String> verdict) {
        return verdict.stream().map(l -> "<li>" + Html.text(l) + "</li>\n").collect(Collectors.joining());
    }

    private static String section(String heading, String html) {
        return html.isEmpty() ? "" : "<section><h2>" + Html.text(heading) + "</h2>\n" + html + "</section>\n";
    }

    private static String table(List<List<String>> rows) {
        return rows.size() < 2 ? "" : Html.table(rows.getFirst(), rows.subList(1, rows.size()));
    }

    private static String compared(RoundBook book) {
        List<List<String>> rows = new ArrayList<>(List.of(List.of("figure", "first", "second", "difference")));
        rows.addAll(book.comparisons());
        return table(rows);
    }

    private static String stages(Path root, RoundBook book) {
        StringBuilder html = new StringBuilder();
        book.figures().forEach((stage, figures) -> html.append(stage(root, stage, figures)));
        return html.toString();
    }

    private static String stage(Path root, ResolvedStage stage, StageFigures figures) {
        StageManifest manifest = StageManifest.read(stage.folder());
        Path own = stage.output().resolve(Report.FILE);
        String link = Files.exists(own)
                ? "<p><a href=\"%s\">its page</a></p>"
                        .formatted(Html.text(root.relativize(own).toString()))
                : "";
        List<List<String>> rows = new ArrayList<>();
        new TreeMap<>(figures.values()).forEach((name, value) -> rows.add(List.of(name, RoundBook.number(value))));
        String numbers = rows.isEmpty() ? "" : Html.table(List.of("figure", "value"), rows);
        return """
                <article><details><summary>%s: %s, %.0f s, key %s</summary>
                <pre class="command">%s</pre>
                %s%s</details></article>
                """.formatted(
                        Html.text(stage.toString()),
                        Html.text(stage.planned().stage().kind().uses()),
                        manifest.seconds(),
                        stage.shortKey(),
                        Html.text("gradine " + String.join(" ", manifest.command())),
                        numbers,
                        link);
    }
}
