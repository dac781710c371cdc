package dev.gradine.train.live;

import dev.gradine.io.CheckpointException;
import dev.gradine.train.compare.ComparedRun;
import dev.gradine.train.compare.Comparison;
import dev.gradine.train.compare.ComparisonPage;
import dev.gradine.train.report.Html;
import dev.gradine.train.report.PageParts;
import dev.gradine.train.report.RunInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// The page of several runs, side by side: those there are below some folders, and those that begin there
/// while it is open.
final class RunsView implements View {

    private static final int DEPTH = 3;
    private static final Duration LOOKED = Duration.ofSeconds(2);

    private final List<Path> folders;
    private final List<WatchedRun> runs = new ArrayList<>();
    private long lookAt = System.nanoTime();
    private boolean stale = true; // whether the pieces are to be drawn anew
    private Map<String, String> parts = new LinkedHashMap<>();

    RunsView(List<Path> folders) {
        this.folders = List.copyOf(folders);
    }

    @Override
    public void refresh() {
        long now = System.nanoTime();
        boolean changed = false;
        if (now >= lookAt) {
            lookAt = now + LOOKED.toNanos();
            for (Path folder : folders) changed |= look(folder);
        }
        for (WatchedRun run : runs) changed |= run.refresh();
        stale |= changed;
    }

    private boolean look(Path folder) {
        boolean found = false;
        try (Stream<Path> all = Files.walk(folder, DEPTH)) {
            for (Path run : all.filter(p -> Files.exists(p.resolve(RunInfo.FILE)))
                    .sorted()
                    .toList()) {
                if (runs.stream().anyMatch(r -> r.folder().equals(run))) continue;
                runs.add(new WatchedRun(name(folder, run), run));
                found = true;
            }
            return found;
        } catch (IOException e) {
            throw CheckpointException.of(folder, "cannot be looked through", e);
        }
    }

    /// Its way from the folder where that is the only one, its whole path otherwise.
    private String name(Path folder, Path run) {
        String way = folder.relativize(run).toString();
        return folders.size() > 1 || way.isEmpty() ? run.toString() : way;
    }

    private void draw() {
        stale = false;
        parts = new LinkedHashMap<>();
        List<WatchedRun> known = runs.stream().filter(r -> !r.info().isEmpty()).toList();
        Comparison c = Comparison.among(known.stream()
                .map(r -> new ComparedRun(
                        r.name(), r.info().getFirst(), r.series().losses(), List.of()))
                .toList());
        long going = runs.stream().filter(r -> r.status().equals("running")).count();
        String names =
                Html.text(String.join(", ", folders.stream().map(Path::toString).toList()));
        parts.put(
                "head",
                "<p class=\"kind\">Runs</p>\n<h1>%s</h1>\n<p class=\"when\"><span class=\"lamp %s\"></span>"
                                .formatted(names, going > 0 ? "running" : "finished")
                        + "%d runs<span class=\"sep\"></span>%d going on</p>\n".formatted(runs.size(), going));
        parts.put("runs", Html.section("runs", "Runs", table()));
        Map<String, String> compared = ComparisonPage.parts(c);
        parts.put("settings", Html.section("settings", "Settings that differ", get(compared, "settings")));
        parts.put("results", Html.section("results", "Results", get(compared, "figures")));
        parts.put("samples", Html.section("samples", "Answers after training", get(compared, "samples")));
    }

    private static String get(Map<String, String> parts, String name) {
        return parts.getOrDefault(name, "");
    }

    private String table() {
        StringBuilder html = new StringBuilder("<table class=\"runs\"><tbody>\n");
        for (int i = 0; i < runs.size(); i++) {
            WatchedRun r = runs.get(i);
            String step = r.series().isEmpty() ? "" : "step " + r.series().lastStep();
            html.append(
                    "<tr><th scope=\"row\"><i style=\"border-color: var(--r%d)\"></i><a href=\"run/%d/\">%s</a></th>"
                            .formatted(i % 8, i, Html.text(r.name())));
            html.append("<td>%s</td><td>%s</td></tr>\n"
                    .formatted(r.silence().isEmpty() ? r.status() : r.status() + ", " + r.silence(), step));
        }
        return runs.isEmpty() ? "<p class=\"none\">No run is here yet.</p>\n" : html + "</tbody></table>\n";
    }

    @Override
    public String title() {
        return "Runs";
    }

    @Override
    public String places() {
        return Stream.of("runs", "settings", "results", "samples")
                .map(name -> PageParts.place(name, Map.of()))
                .reduce("", String::concat);
    }

    @Override
    public Map<String, String> parts() {
        if (stale) draw();
        return parts;
    }

    @Override
    public List<WatchedRun> runs() {
        return runs;
    }
}
