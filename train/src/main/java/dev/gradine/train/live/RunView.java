package dev.gradine.train.live;

import dev.gradine.train.report.PageParts;
import java.util.List;
import java.util.Map;

/// The page of one run: its report, while the run goes on.
///
/// @param run may not have begun to write
/// @param here whether it is a run of this process, and can be asked for the tape of its next step
record RunView(WatchedRun run, boolean here) implements View {

    @Override
    public void refresh() {
        run.refresh();
    }

    @Override
    public String title() {
        return run.info().isEmpty() ? run.name() : PageParts.title(run.info().getFirst());
    }

    @Override
    public String places() {
        String layers = "<section id=\"layers\" hidden><h2>Gradient norm by layer</h2><canvas></canvas>"
                + "<p class=\"told\"></p></section>\n";
        String ask = here ? "<button id=\"ask\" type=\"button\">Write the next step down</button>" : "";
        String tape = "<section id=\"tape\"><h2>Tape</h2>" + PageParts.place("tape", Map.of()) + ask + "</section>\n";
        String more = PageParts.place("answers", Map.of()) + PageParts.place("log", Map.of()) + tape;
        return layers + PageParts.sections(Map.of(), more);
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
