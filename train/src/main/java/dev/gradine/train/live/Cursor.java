package dev.gradine.train.live;

import dev.gradine.io.Json;
import dev.gradine.train.report.RunInfo;
import dev.gradine.train.report.Series;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// What one browser has been sent of a view, and so what is new to it.
///
/// ```
/// event: part    {"place":"figures","html":"…"}
/// event: run     {"run":0,"name":"sft","status":"running","metrics":[…]}
/// event: curves  {"run":0,"anew":true,"curves":{"loss":[[1,2,…],[2.41,2.38,…]]},"layers":{…}}
/// ```
///
/// The number of an event is the last step of each run, so that a browser that comes back gets what it has
/// missed. A long history is thinned, with its lowest and highest values kept.
final class Cursor {

    /// Most points of a curve that are sent at once.
    static final int MOST_POINTS = 2000;

    private final View view;
    private final Map<String, String> parts = new HashMap<>();
    private final List<Sent> runs = new ArrayList<>();
    private final List<Long> steps;

    /// What was sent of one run.
    private static final class Sent {
        private String about = "";
        private int beginnings = -1;
        private final Map<String, Integer> curves = new HashMap<>();
        private final Map<String, Integer> layers = new HashMap<>();
    }

    /// An event as it is sent.
    record Event(String name, String id, String json) {
        String text() {
            return "event: " + name + "\nid: " + id + "\ndata: " + json + "\n\n";
        }
    }

    /// @param steps last step of each run that the browser has; none for one that comes for the first time
    Cursor(View view, List<Long> steps) {
        this.view = view;
        this.steps = List.copyOf(steps);
    }

    /// What has come since the last call.
    List<Event> next() {
        List<Event> events = points();
        events.addAll(pieces());
        return events;
    }

    /// What has come of the runs and their curves.
    List<Event> points() {
        List<Event> events = new ArrayList<>();
        List<WatchedRun> all = view.runs();
        for (int i = 0; i < all.size(); i++) {
            WatchedRun run = all.get(i);
            if (i == runs.size()) runs.add(begun(run, i));
            Sent sent = runs.get(i);
            String about = about(i, run);
            if (!about.equals(sent.about)) events.add(event("run", about));
            sent.about = about;
            curves(i, run, sent).forEach(json -> events.add(event("curves", json)));
        }
        return events;
    }

    /// The pieces that have changed; they are drawn when they are asked for.
    List<Event> pieces() {
        List<Event> events = new ArrayList<>();
        view.parts().forEach((place, html) -> {
            if (html.equals(parts.put(place, html))) return;
            events.add(event("part", Json.line(Map.of("place", place, "html", html))));
        });
        return events;
    }

    private Sent begun(WatchedRun run, int number) {
        Sent sent = new Sent();
        if (number >= steps.size()) return sent;
        sent.beginnings = run.beginnings();
        remember(run.series(), steps.get(number), sent.curves);
        remember(run.norms(), steps.get(number), sent.layers);
        return sent;
    }

    /// The last step is sent again: its evaluation may be new.
    private static void remember(Series series, long step, Map<String, Integer> sent) {
        series.columns().forEach((name, c) -> sent.put(name, c.before(step)));
    }

    private Event event(String name, String json) {
        List<String> ids = new ArrayList<>();
        for (WatchedRun run : view.runs()) ids.add(String.valueOf(run.series().lastStep()));
        return new Event(name, String.join(",", ids), json);
    }

    private static String about(int number, WatchedRun run) {
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("run", number);
        about.put("name", run.name());
        about.put("status", run.status());
        about.put(
                "metrics",
                run.info().stream()
                        .map(RunInfo::objective)
                        .flatMap(o -> o.metrics().stream())
                        .toList());
        return Json.line(about);
    }

    /// At most one event.
    private static List<String> curves(int number, WatchedRun run, Sent sent) {
        boolean anew = sent.beginnings != run.beginnings()
                || isFarBehind(run.series(), sent.curves)
                || isFarBehind(run.norms(), sent.layers);
        if (anew) {
            sent.beginnings = run.beginnings();
            sent.curves.clear();
            sent.layers.clear();
        }
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("run", number);
        event.put("anew", anew);
        event.put("curves", points(run.series(), sent.curves));
        event.put("layers", points(run.norms(), sent.layers));
        boolean isEmpty = event.values().stream().allMatch(v -> !(v instanceof Map<?, ?> m) || m.isEmpty());
        return isEmpty && !anew ? List.of() : List.of(Json.line(event));
    }

    private static boolean isFarBehind(Series series, Map<String, Integer> sent) {
        return series.columns().entrySet().stream()
                .anyMatch(c -> c.getValue().size() - sent.getOrDefault(c.getKey(), 0) > MOST_POINTS);
    }

    private static SequencedMap<String, List<List<Number>>> points(Series series, Map<String, Integer> sent) {
        SequencedMap<String, List<List<Number>>> all = new LinkedHashMap<>();
        series.columns().forEach((name, c) -> {
            int from = sent.getOrDefault(name, 0);
            if (from == c.size()) return;
            all.put(name, from == 0 ? c.thinned(MOST_POINTS) : c.from(from));
            sent.put(name, c.size());
        });
        return all;
    }
}
