package dev.gradine.train.live;

import dev.gradine.io.CheckpointException;
import dev.gradine.train.report.RunInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Live pages of runs in other processes, or long over: one that shows all side by side, and that of each.
public final class LiveRuns implements AutoCloseable {

    private static final Pattern RUN = Pattern.compile("run/(\\d{1,6})/(|tape/)");

    private final LiveServer server;

    private LiveRuns(LiveServer server) {
        this.server = server;
    }

    /// Opens the pages.
    ///
    /// @param port of 127.0.0.1; 0 for any that is free
    /// @param folders of runs, or with runs below them; where there is but one and it is a run, the page is
    ///     its own
    /// @throws IllegalArgumentException if a folder is none, or the port cannot be had
    public static LiveRuns open(int port, List<Path> folders) {
        for (Path folder : folders) {
            if (!Files.isDirectory(folder)) throw new CheckpointException(folder, "is no folder, expected one of runs");
        }
        boolean isOne = folders.size() == 1 && Files.exists(folders.getFirst().resolve(RunInfo.FILE));
        return new LiveRuns(
                LiveServer.open(port, isOne ? new One(folders.getFirst(), false) : site(new RunsView(folders))));
    }

    /// The page of one run, and that of its tape.
    static class One implements LiveServer.Site {
        private final Map<String, View> views;

        /// @param here whether the run is this process, and can be asked for a tape
        One(Path folder, boolean here) {
            WatchedRun run = WatchedRun.of(folder);
            views = Map.of("", new RunView(run, here), "tape/", new TapeView(run));
        }

        @Override
        public List<View> at(String path) {
            View found = views.get(path);
            return found == null ? List.of() : List.of(found);
        }
    }

    private static LiveServer.Site site(RunsView all) {
        return path -> {
            if (path.isEmpty()) return List.of(all);
            Matcher m = RUN.matcher(path);
            if (!m.matches()) return List.of();
            all.refresh();
            int number = Integer.parseInt(m.group(1));
            if (number >= all.runs().size()) return List.of();
            WatchedRun run = all.runs().get(number);
            return List.of(m.group(2).isEmpty() ? new RunView(run, false) : new TapeView(run));
        };
    }

    /// Where the page is.
    public String url() {
        return server.url();
    }

    @Override
    public void close() {
        server.close();
    }
}
