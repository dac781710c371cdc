package dev.gradine.train.live;

import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import dev.gradine.train.LayerNorms;
import dev.gradine.train.MetricsLog;
import dev.gradine.train.SampleLog;
import dev.gradine.train.TapeFile;
import dev.gradine.train.report.Html;
import dev.gradine.train.report.PageParts;
import dev.gradine.train.report.RunInfo;
import dev.gradine.train.report.Series;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;

/// The folder of a run, and what has been read of it so far. Not for several threads at once.
final class WatchedRun {

    /// Minutes without anything new that are worth a word.
    private static final long LONG_SILENCE = 5;

    /// Lines of the log that are shown.
    static final int LOG = 200;

    private static final FileTime NEVER = FileTime.fromMillis(0);

    private final String name;
    private final Path folder;
    private final TailedLines metrics;
    private final TailedLines gradients;
    private final TailedLines answers;
    private final TailedLines log;
    private Series series = new Series();
    private Series norms = new Series();
    private SequencedMap<String, List<Answer>> said = new LinkedHashMap<>();
    private List<String> told = new ArrayList<>();
    private double elapsed;
    private int beginnings;
    private List<RunInfo> info = List.of(); // none before run.json is there
    private FileTime infoTime = NEVER;
    private FileTime tapeTime = NEVER;
    private long silent; // minutes
    private String fault = "";
    private boolean stale; // whether the pieces are to be drawn anew
    private SequencedMap<String, String> parts = new LinkedHashMap<>();

    /// What the model answered to a prompt.
    record Answer(long step, String text) {}

    /// @param name the folder's, as it is shown
    WatchedRun(String name, Path folder) {
        this.name = name;
        this.folder = folder;
        metrics = new TailedLines(folder.resolve(MetricsLog.FILE));
        gradients = new TailedLines(folder.resolve(LayerNorms.FILE));
        answers = new TailedLines(folder.resolve(SampleLog.FILE));
        log = new TailedLines(folder.resolve(Dashboard.LOG));
    }

    /// The run in a folder, under the folder's name.
    static WatchedRun of(Path folder) {
        return new WatchedRun(String.valueOf(folder.toAbsolutePath().normalize().getFileName()), folder);
    }

    String name() {
        return name;
    }

    Path folder() {
        return folder;
    }

    Series series() {
        return series;
    }

    /// Norms of the gradient by layer.
    Series norms() {
        return norms;
    }

    /// Counts how often the metrics were begun anew; what was sent of them before no longer holds.
    int beginnings() {
        return beginnings;
    }

    /// What `run.json` says; none before it is there.
    List<RunInfo> info() {
        return info;
    }

    /// How far the run is: `running`, and so on; `beginning` where it has not said.
    String status() {
        return info.isEmpty() ? "beginning" : info.getFirst().end().status().text();
    }

    /// The pieces of its page, by place.
    SequencedMap<String, String> parts() {
        if (stale) draw();
        return parts;
    }

    /// Reads what is new.
    ///
    /// @return whether there was anything
    boolean refresh() {
        try {
            boolean changed = readInfo();
            changed |= follow(metrics, this::addMetrics, () -> {
                series = new Series();
                elapsed = 0;
                beginnings++;
            });
            changed |= follow(gradients, norms::add, () -> {
                norms = new Series();
                beginnings++;
            });
            changed |= follow(answers, this::addAnswer, () -> said = new LinkedHashMap<>());
            changed |= readLog();
            changed |= lookForTape();
            changed |= listen();
            stale |= changed;
            return changed;
        } catch (IOException | IllegalArgumentException e) {
            return say(e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    /// Counts the minutes in which a run that goes on has written nothing; one that was killed writes nothing ever.
    private boolean listen() throws IOException {
        Path file = folder.resolve(MetricsLog.FILE);
        boolean isRunning = status().equals("running") && Files.exists(file);
        Instant heard = isRunning ? Files.getLastModifiedTime(file).toInstant() : Instant.now();
        long minutes = Duration.between(heard, Instant.now()).toMinutes();
        long now = minutes < LONG_SILENCE ? 0 : minutes;
        boolean changed = now != silent;
        silent = now;
        return changed;
    }

    /// How long it has been silent, in words; empty where it has been heard of lately.
    String silence() {
        return silent == 0 ? "" : "silent for " + silent + " min";
    }

    private boolean say(String what) {
        boolean isNew = !fault.equals(what);
        fault = what;
        stale |= isNew;
        return isNew;
    }

    private boolean readInfo() throws IOException {
        Path file = folder.resolve(RunInfo.FILE);
        if (!Files.exists(file)) return false;
        FileTime now = Files.getLastModifiedTime(file);
        if (now.equals(infoTime)) return false;
        infoTime = now;
        info = List.of(RunInfo.read(folder));
        return true;
    }

    private static boolean follow(TailedLines file, Consumer<Map<String, Object>> add, Runnable anew)
            throws IOException {
        boolean changed = file.beginsAnew();
        if (changed) anew.run();
        for (String line : file.next()) {
            add.accept(Json.parseObject("a line of the run", line.getBytes(StandardCharsets.UTF_8)));
            changed = true;
        }
        return changed;
    }

    private void addMetrics(Map<String, Object> line) {
        if (line.get("step_seconds") instanceof Number n) {
            elapsed += n.doubleValue();
            line = new LinkedHashMap<>(line);
            line.put("elapsed_seconds", elapsed);
        }
        series.add(line);
    }

    private void addAnswer(Map<String, Object> line) {
        if (!(line.get("step") instanceof Number step)) throw new CheckpointException(folder, "an answer has no step");
        said.computeIfAbsent(String.valueOf(line.get("prompt")), _ -> new ArrayList<>())
                .add(new Answer(step.longValue(), String.valueOf(line.get("answer"))));
    }

    private boolean readLog() throws IOException {
        boolean changed = log.beginsAnew();
        if (changed) told = new ArrayList<>();
        for (String line : log.next()) {
            told.add(line);
            changed = true;
        }
        while (told.size() > LOG) told.removeFirst();
        return changed;
    }

    private String tape() {
        return tapeTime.equals(NEVER)
                ? "<p class=\"none\">Every op of a step, with shape, bytes, life and gradient, once a run was told"
                        + " to write one down (--tape).</p>"
                : "<p><a href=\"tape/\">Every op of a step</a>, with shape, bytes, life and gradient.</p>";
    }

    private boolean lookForTape() throws IOException {
        Path file = folder.resolve(TapeFile.FILE);
        FileTime now = Files.exists(file) ? Files.getLastModifiedTime(file) : NEVER;
        boolean changed = !now.equals(tapeTime);
        tapeTime = now;
        return changed;
    }

    private void draw() {
        stale = false;
        parts = new LinkedHashMap<>();
        info.forEach(i -> parts.putAll(PageParts.of(i, series)));
        parts.merge(
                "head", fault.isEmpty() ? "" : "<p class=\"message\">" + Html.text(fault) + "</p>\n", String::concat);
        String silence =
                silent == 0 ? "" : "<p class=\"none\">" + silence() + "; a run that was killed is silent, too</p>\n";
        parts.merge("head", silence, String::concat);
        parts.put("answers", Html.section("answers", "Answers on the way", AnswersOnTheWay.html(said)));
        String lines = told.isEmpty() ? "" : "<pre class=\"log\">" + Html.text(String.join("\n", told)) + "</pre>\n";
        parts.put("tape", tape());
        parts.put("log", Html.section("log", "Log", lines));
    }
}
