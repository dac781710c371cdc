package dev.gradine.train.live;

import dev.gradine.train.report.Parts;
import java.util.List;
import java.util.Map;

/// The page of one run: its report, while the run goes on.
///
/// @param run may not have begun to write
record RunView(WatchedRun run) implements View {

    @Override
    public void refresh() {
        run.refresh();
    }

    @Override
    public String title() {
        return run.info().isEmpty() ? run.name() : Parts.title(run.info().getFirst());
    }

    @Override
    public String places() {
        String layers = "<section id=\"layers\" hidden><h2>Gradient norm by layer</h2><canvas></canvas>"
                + "<p class=\"hint\"></p></section>\n";
        return layers + Parts.sections(Map.of(), Parts.place("answers", Map.of()) + Parts.place("log", Map.of()));
    }

    @Override
    public Map<String, String> parts() {
        return run.parts();
    }

    @Override
    public List<WatchedRun> runs() {
        return List.of(run);
    }
}
