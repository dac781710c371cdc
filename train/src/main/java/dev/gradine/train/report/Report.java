package dev.gradine.train.report;

import dev.gradine.io.AtomicFiles;
import dev.gradine.train.MetricsLog;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// `report.html`: one page about a run, with its data, its charts and their program inside, so that it opens from a
/// file and needs no network.
///
/// Prompts, answers, names and paths come from outside: as text they are escaped, as data they stand in a JSON block no
/// tag can end, and the page's own policy lets only the two programs run whose SHA-256 it names.
public final class Report {

    /// Name of the page in a run's folder.
    public static final String FILE = "report.html";

    private Report() {}

    /// Writes `runDir/report.html`, atomically, from `run.json` and `metrics.jsonl` beside it. A run that ended
    /// before its first step has no metrics, and the page says so.
    ///
    /// @return the page
    /// @throws dev.gradine.train.RunFileException if `run.json` is absent or either file is damaged
    public static Path write(Path runDir) {
        RunInfo run = RunInfo.read(runDir);
        Series series = new Series(MetricsLog.ofRun(runDir));
        Path page = runDir.resolve(FILE);
        AtomicFiles.writeText(page, html(run, series));
        return page;
    }

    /// The training loss at the beginning and at the end of a run, each a mean of some steps; none before the first
    /// step.
    ///
    /// @param log as [MetricsLog#read] gives it
    public static List<Double> losses(List<Map<String, Object>> log) {
        Series series = new Series(log);
        return series.has("loss") ? List.of(series.startMean("loss"), series.endMean("loss")) : List.of();
    }

    private static String html(RunInfo run, Series series) {
        String uplot = resource("uPlot.iife.min.js").strip();
        String charts = resource("report.js");
        return Page.fill(
                resource("report.html"),
                Map.ofEntries(
                        Map.entry("policy", policy(uplot, charts)),
                        Map.entry("licence", resource("uPlot.LICENSE.txt").strip()),
                        Map.entry("style", resource("uPlot.min.css") + "\n" + resource("report.css")),
                        Map.entry("title", Html.text(run.launch().kind().toUpperCase(Locale.ROOT) + " · " + name(run))),
                        Map.entry("head", head(run)),
                        Map.entry("figures", Figures.html(Figures.of(run, series))),
                        Map.entry("curves", curves(series)),
                        Map.entry("sections", sections(run, series)),
                        Map.entry("version", Html.text(run.launch().version())),
                        Map.entry("data", Html.json("{\"metrics\":" + series.json() + ",\"run\":" + run.json() + "}")),
                        Map.entry("uplot", uplot),
                        Map.entry("charts", charts)));
    }

    private static String head(RunInfo run) {
        String title = run.objective().title();
        String kind = title.isEmpty() ? run.launch().kind() : title;
        String status = run.end().status().text();
        String message = run.end().message().isEmpty()
                ? ""
                : "<p class=\"message\">" + Html.text(run.end().message()) + "</p>\n";
        return "<p class=\"kind\">" + Html.text(kind) + "</p>\n<h1>" + Html.text(name(run)) + "</h1>\n"
                + "<p class=\"when\"><span class=\"lamp " + status + "\"></span>" + status
                + "<span class=\"sep\"></span>"
                + Html.text(Numbers.date(run.launch().started())) + "</p>\n"
                + "<pre class=\"command\">"
                + Html.text(Numbers.command(run.launch().command())) + "</pre>\n" + message;
    }

    /// Model and data, such as `smollm2-135m on rows.jsonl`.
    private static String name(RunInfo run) {
        String model = last(run.model().source());
        if (model.isEmpty()) return "No model loaded";
        String data = run.data().files().stream().map(Report::last).collect(Collectors.joining(", "));
        return data.isEmpty() ? model : model + " on " + data;
    }

    /// The last part of a path.
    private static String last(String path) {
        String source = path.replaceAll("[/\\\\]+$", "");
        return source.substring(Math.max(source.lastIndexOf('/'), source.lastIndexOf('\\')) + 1);
    }

    private static String curves(Series series) {
        return series.isEmpty() ? "<p class=\"none\">No step was logged.</p>" : resource("curves.html");
    }

    private static String sections(RunInfo run, Series series) {
        return Html.section("notes", "Notes", Sections.notes(run))
                + Html.section("evaluation", "Evaluation", Sections.evaluation(run))
                + Html.section("samples", "Samples", Sections.samples(run))
                + "<div class=\"columns\">\n"
                + Html.section("settings", "Settings", Sections.settings(run))
                + "<div>\n"
                + Html.section("material", "Model and data", Sections.material(run))
                + Html.section("cost", "Time and memory", Sections.cost(run, series))
                + Html.section("environment", "Environment", Sections.environment(run))
                + "</div>\n</div>\n";
    }

    private static String policy(String... programs) {
        StringBuilder allowed = new StringBuilder();
        for (String program : programs)
            allowed.append(" 'sha256-").append(sha256(program)).append("'");
        return "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; script-src"
                + allowed;
    }

    private static String sha256(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("report: this Java has no SHA-256", e);
        }
    }

    private static String resource(String name) {
        return Page.resource(Report.class, name);
    }
}
