package dev.gradine.cli;

import dev.gradine.train.live.LiveRuns;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `gradine dashboard`: runs side by side on a live page, whoever trains them.
@Command(
        name = "dashboard",
        mixinStandardHelpOptions = true,
        description =
                "Show runs on a live page for browsers on this machine: curves over each other by steps, tokens or"
                        + " time, the settings that differ, results, answers; runs that go on are followed, and new"
                        + " ones appear. Ctrl-C ends it.")
final class DashboardCommand implements Runnable {

    @Parameters(paramLabel = "RUNS", arity = "1..*", description = "Folders of runs, or with runs below them.")
    private List<Path> folders = new ArrayList<>();

    @Option(names = "--port", paramLabel = "PORT", description = "Port of 127.0.0.1 (default any that is free).")
    private int port;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("--port: %d, expected 0 to 65535".formatted(port));
        }
        try (LiveRuns pages = LiveRuns.open(port, folders)) {
            PrintWriter out = spec.commandLine().getOut();
            out.println("dashboard: " + pages.url());
            out.flush();
            new CountDownLatch(1).await(); // until the process is ended
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
