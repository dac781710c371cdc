package dev.gradine.train.live;

import dev.gradine.io.CheckpointException;
import dev.gradine.train.report.RunInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Live pages of runs in other processes, or long over: one that shows all side by side, and that of each.
public final class LiveRuns implements AutoCloseable {

    private static final Pattern RUN = Pattern.compile("run/(\\d{1,6})/");

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
        return new LiveRuns(LiveServer.open(port, isOne ? one(folders.getFirst()) : site(new RunsView(folders))));
    }

    private static LiveServer.Site one(Path folder) {
        View view = new RunView(WatchedRun.of(folder));
        return path -> path.isEmpty() ? List.of(view) : List.of();
    }

    private static LiveServer.Site site(RunsView all) {
        return path -> {
            if (path.isEmpty()) return List.of(all);
            Matcher m = RUN.matcher(path);
            if (!m.matches()) return List.of();
            all.refresh();
            int number = Integer.parseInt(m.group(1));
            return number < all.runs().size() ? List.of(new RunView(all.runs().get(number))) : List.of();
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
