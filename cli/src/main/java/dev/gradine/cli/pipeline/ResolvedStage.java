package dev.gradine.cli.pipeline;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A stage with everything in place of references: what it runs, and where it puts it.
///
/// @param planned the stage and its round
/// @param key hash of all that decides what it writes
/// @param root folder of the pipeline
/// @param arguments of the command but those the pipeline gives itself
public record ResolvedStage(PlannedStage planned, String key, Path root, List<String> arguments) {

    private static final int SHOWN = 12;
    private static final String OUT = "out";

    /// Copies the list.
    public ResolvedStage {
        arguments = List.copyOf(arguments);
    }

    /// The beginning of the key: enough to tell stages apart.
    public String shortKey() {
        return key.substring(0, SHOWN);
    }

    /// Where it is when it has finished.
    Path folder() {
        return root.resolve(planned.stage().name() + "-" + shortKey());
    }

    /// Where it is until then.
    Path half() {
        return root.resolve(planned.stage().name() + "-" + shortKey() + ".part");
    }

    /// Its output when it has finished.
    Path output() {
        return outputIn(folder());
    }

    private Path outputIn(Path folder) {
        String file = planned.stage().kind().file();
        return folder.resolve(file.isEmpty() ? OUT : file);
    }

    /// The command line that fills a folder.
    List<String> line(Path folder) {
        List<String> line = new ArrayList<>(planned.stage().kind().command());
        line.addAll(arguments);
        line.add("--out=" + outputIn(folder));
        if (planned.stage().kind().trains()) line.add("--resume=auto");
        return line;
    }

    /// Whether it has finished.
    public boolean isDone() {
        return StageManifest.isIn(folder());
    }

    /// Its name, with the round.
    @Override
    public String toString() {
        return planned.toString();
    }
}
