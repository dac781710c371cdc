package dev.gradine.train.live;

import dev.gradine.io.CheckpointException;
import dev.gradine.train.track.Tracker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// The live page of a run, as one of its trackers. The page reads the run's files; the run itself adds what
/// it tells the user, as `log.txt`.
public final class Dashboard implements Tracker {

    /// Name of the file with what the run has told.
    public static final String LOG = "log.txt";

    private final Path log;
    private final LiveServer server;
    private final Consumer<String> told;
    private final AtomicBoolean wished = new AtomicBoolean();
    private String fault = "";

    /// Opens the page and tells its address.
    ///
    /// @param port of 127.0.0.1; 0 for any that is free
    /// @param out folder of the run
    /// @throws IllegalArgumentException if the port cannot be had
    public Dashboard(int port, Path out, Consumer<String> told) {
        log = out.resolve(LOG);
        this.told = told;
        server = LiveServer.open(port, new LiveRuns.One(out, true) {
            @Override
            public boolean wish() {
                wished.set(true);
                return true;
            }
        });
        told.accept("dashboard: " + server.url());
    }

    /// Fails unless a port can be listened on now; to be called before anything slow happens.
    ///
    /// @throws IllegalArgumentException says what to do
    public static void requireFree(int port) {
        LiveServer.requireFree(port);
    }

    @Override
    public void write(long step, Map<String, ? extends Number> metrics) {
        // the log has it, and the page reads it there
    }

    @Override
    public void told(String line) {
        try {
            Files.writeString(log, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            fault = String.valueOf(
                    CheckpointException.of(log, "cannot be written to", e).getMessage());
        }
    }

    @Override
    public boolean wishesTape() {
        return wished.getAndSet(false);
    }

    @Override
    public void end(Status status) {
        server.close();
        if (!fault.isEmpty()) told.accept("dashboard: " + fault);
    }
}
