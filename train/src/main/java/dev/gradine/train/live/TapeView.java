package dev.gradine.train.live;

import dev.gradine.io.CheckpointException;
import dev.gradine.io.Json;
import dev.gradine.train.TapeFile;
import dev.gradine.train.report.Html;
import dev.gradine.train.report.PageParts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/// The page of a step's tape: memory over its events, and every op with shape, bytes, life and norm of gradient.
final class TapeView implements View {

    private static final String EXPLAINED = "<p class=\"none\">An event is an op that runs, forward or back. Bars show"
            + " when a result is held; a second bar, that it was made again for the backward pass. Ops made in the"
            + " backward pass are inside a checkpoint.</p>\n";

    private final WatchedRun run;
    private FileTime time = FileTime.fromMillis(0);
    private SequencedMap<String, String> parts = new LinkedHashMap<>();

    TapeView(WatchedRun run) {
        this.run = run;
    }

    @Override
    public void refresh() {
        Path file = run.folder().resolve(TapeFile.FILE);
        try {
            FileTime now = Files.exists(file) ? Files.getLastModifiedTime(file) : time;
            if (now.equals(time)) return;
            time = now;
            parts = read(Json.readObject(file));
        } catch (IOException e) {
            throw CheckpointException.of(file, "cannot be read", e);
        }
    }

    private SequencedMap<String, String> read(Map<String, Object> tape) {
        List<TapeRow> rows = new ArrayList<>();
        if (tape.get("ops") instanceof List<?> ops) {
            for (Object op : ops) if (op instanceof Map<?, ?> m) rows.add(TapeRow.of(m));
        }
        int events = TapeRow.whole(tape, "events");
        TapeMemory memory = TapeMemory.of(rows, events);
        SequencedMap<String, String> all = new LinkedHashMap<>();
        all.put("head", head(TapeRow.whole(tape, "step"), rows, memory));
        all.put("memory", Html.section("memory", "Bytes held by results", memory.svg()));
        all.put("ops", Html.section("ops", "Operations", table(rows, events)));
        return all;
    }

    private String head(int step, List<TapeRow> rows, TapeMemory memory) {
        TapeRow largest = rows.stream()
                .filter(r -> r.isHeldAt(memory.peakAt()))
                .max(Comparator.comparingLong(TapeRow::bytes))
                .orElse(TapeRow.NONE);
        String gap = "<span class=\"sep\"></span>";
        String most =
                String.format(Locale.ROOT, "%,d bytes at most at once, by event %d", memory.peak(), memory.peakAt());
        return "<p class=\"kind\">Tape</p>\n<h1>Step %d of %s</h1>\n".formatted(step, Html.text(run.name()))
                + "<p class=\"when\">" + rows.size() + " ops" + gap + most + gap + "largest then: "
                + Html.text(largest.op()) + " " + Html.text(largest.place()) + ", " + largest.shape() + "</p>\n"
                + EXPLAINED;
    }

    private static String table(List<TapeRow> rows, int events) {
        StringBuilder html = new StringBuilder("<table class=\"grid tape\"><thead><tr>");
        for (String title : List.of("op", "place", "shape", "bytes", "held", "gradient")) {
            html.append("<th scope=\"col\">").append(title).append("</th>");
        }
        html.append("</tr></thead><tbody>\n");
        for (TapeRow row : rows) html.append(row.html(events));
        return html.append("</tbody></table>\n").toString();
    }

    @Override
    public String title() {
        return "Tape · " + run.name();
    }

    @Override
    public String places() {
        return PageParts.place("memory", Map.of()) + PageParts.place("ops", Map.of());
    }

    @Override
    public Map<String, String> parts() {
        return parts;
    }

    @Override
    public List<WatchedRun> runs() {
        return List.of();
    }
}
