package dev.gradine.train.report;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/// The pieces of a page about a run, each as markup under the name of its place: the report has all of them
/// at once, a live page gets anew what has changed.
public final class PageParts {

    private PageParts() {}

    /// The pieces of a run; those it has nothing for are empty.
    public static SequencedMap<String, String> of(RunInfo run, Series series) {
        SequencedMap<String, String> parts = new LinkedHashMap<>();
        parts.put("head", head(run, series));
        parts.put("figures", Figures.html(Figures.of(run, series)));
        parts.put("notes", Html.section("notes", "Notes", Sections.notes(run)));
        parts.put("evaluation", Html.section("evaluation", "Evaluation", Sections.evaluation(run)));
        parts.put("samples", Html.section("samples", "Samples", Sections.samples(run)));
        parts.put("settings", Html.section("settings", "Settings", Sections.settings(run)));
        parts.put("material", Html.section("material", "Model and data", Sections.material(run)));
        parts.put("cost", Html.section("cost", "Time and memory", Sections.cost(run, series)));
        parts.put("environment", Html.section("environment", "Environment", Sections.environment(run)));
        return parts;
    }

    /// Title of the page.
    public static String title(RunInfo run) {
        return run.launch().kind().toUpperCase(Locale.ROOT) + " · " + name(run);
    }

    /// The sections below the curves in reading order, each in its place.
    ///
    /// @param parts by place; those that are missing are empty
    /// @param more markup behind the samples
    public static String sections(Map<String, String> parts, String more) {
        return place("notes", parts)
                + place("evaluation", parts)
                + place("samples", parts)
                + more
                + "<div class=\"columns\">\n"
                + place("settings", parts)
                + "<div>\n"
                + place("material", parts)
                + place("cost", parts)
                + place("environment", parts)
                + "</div>\n</div>\n";
    }

    /// A place that can be filled anew.
    public static String place(String name, Map<String, String> parts) {
        return "<div data-part=\"" + name + "\">" + parts.getOrDefault(name, "") + "</div>\n";
    }

    private static String head(RunInfo run, Series series) {
        String title = run.objective().title();
        String kind = title.isEmpty() ? run.launch().kind() : title;
        String status = run.end().status().text();
        String message = run.end().message().isEmpty()
                ? ""
                : "<p class=\"message\">" + Html.text(run.end().message()) + "</p>\n";
        return "<p class=\"kind\">" + Html.text(kind) + "</p>\n<h1>" + Html.text(name(run)) + "</h1>\n"
                + "<p class=\"when\"><span class=\"lamp " + status + "\"></span>" + status + progress(run, series)
                + "<span class=\"sep\"></span>"
                + Html.text(Numbers.date(run.launch().started())) + "</p>\n"
                + "<pre class=\"command\">"
                + Html.text(Numbers.command(run.launch().command())) + "</pre>\n" + message;
    }

    /// Of a run that is under way: how far it is.
    private static String progress(RunInfo run, Series series) {
        if (run.end().status() != RunInfo.Status.RUNNING || series.isEmpty()) return "";
        String of = run.settings().get("steps") instanceof Number n ? " of " + Numbers.count(n.longValue()) : "";
        return "<span class=\"sep\"></span>step " + Numbers.count(series.lastStep()) + of;
    }

    /// Model and data, such as `smollm2-135m on rows.jsonl`.
    private static String name(RunInfo run) {
        String model = last(run.model().source());
        if (model.isEmpty()) return "No model loaded";
        String data = run.data().files().stream().map(PageParts::last).collect(Collectors.joining(", "));
        return data.isEmpty() ? model : model + " on " + data;
    }

    /// The last part of a path.
    private static String last(String path) {
        String source = path.replaceAll("[/\\\\]+$", "");
        return source.substring(Math.max(source.lastIndexOf('/'), source.lastIndexOf('\\')) + 1);
    }
}
