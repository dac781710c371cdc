package dev.gradine.train.report;

import dev.gradine.io.AtomicFiles;
import dev.gradine.train.MetricsLog;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// `report.html`: one page about a run, with its data, its charts and their program inside, so that it
/// opens from a file and needs no network.
///
/// Prompts, answers, names and paths come from outside: as text they are escaped, as data they stand in a
/// JSON block no tag can end, and the page's own policy lets no other program run than its own.
public final class Report {

    /// Name of the page in a run's folder.
    public static final String FILE = "report.html";

    private Report() {}

    /// Writes `runDir/report.html`, atomically, from `run.json` and `metrics.jsonl` beside it. A run that
    /// ended before its first step has no metrics, and the page says so.
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

    /// The training loss at the beginning and at the end of a run, each a mean of some steps; none before
    /// the first step.
    ///
    /// @param log as [MetricsLog#read] gives it
    public static List<Double> losses(List<Map<String, Object>> log) {
        return new Series(log).losses();
    }

    private static String html(RunInfo run, Series series) {
        Map<String, String> parts = PageParts.of(run, series);
        String curves = series.isEmpty() ? "<p class=\"none\">No step was logged.</p>" : Frame.resource("curves.html");
        String data = "{\"metrics\":" + series.json() + ",\"run\":" + run.json() + "}";
        return Frame.page(
                Map.of(
                        "title", Html.text(PageParts.title(run)),
                        "head", parts.getOrDefault("head", ""),
                        "figures", parts.getOrDefault("figures", ""),
                        "curves", curves,
                        "sections", PageParts.sections(parts, ""),
                        "version", Html.text(run.launch().version()),
                        "foot", "drawn from run.json and metrics.jsonl",
                        "data", Html.json(data)),
                List.of(Frame.charts(), Frame.resource("report.js")));
    }
}
