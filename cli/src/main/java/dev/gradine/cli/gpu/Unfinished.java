package dev.gradine.cli.gpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// Files and folders that are gone when a piece of work ends, however it ends: done, failed or interrupted. The
/// programs that write there are ended first.
final class Unfinished implements AutoCloseable {

    private final List<Path> paths;
    private final Thread hook = new Thread(this::abandon, "gradine-unfinished");

    /// @param paths which need not exist
    Unfinished(Path... paths) {
        this.paths = List.of(paths);
        Runtime.getRuntime().addShutdownHook(hook);
    }

    private void abandon() {
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        ProcessHandle.current().descendants().forEach(child -> child.onExit().join());
        remove();
    }

    private void remove() {
        try {
            for (Path path : paths) {
                if (Files.exists(path)) remove(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void remove(Path path) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(path)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path p : all) Files.deleteIfExists(p);
    }

    /// Removes what is there; the end of the process then removes nothing more.
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) { // the process is ending, and the hook does the same
            return;
        }
        remove();
    }
}
