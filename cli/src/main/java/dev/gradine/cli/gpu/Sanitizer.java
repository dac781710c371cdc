package dev.gradine.cli.gpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// NVIDIA's compute-sanitizer around this program: finds on a GPU what the simulator finds on paper.
public final class Sanitizer {

    private static final String PROGRAM = "compute-sanitizer";

    /// What it looks for: bounds, races in shared memory, reads of unwritten memory, barriers.
    public static final List<String> TOOLS = List.of("memcheck", "racecheck", "initcheck", "synccheck");

    private Sanitizer() {}

    /// Whether it is installed.
    public static boolean isInstalled() {
        String path = System.getenv("PATH");
        if (path == null) return false;
        return List.of(path.split(":", -1)).stream().anyMatch(d -> Files.isExecutable(Path.of(d, PROGRAM)));
    }

    /// Runs a command of this program under one tool, its output where ours goes.
    ///
    /// @return exit code, not 0 if anything was found
    public static int run(String tool, String... arguments) {
        List<String> command = new ArrayList<>(List.of(PROGRAM, "--tool", tool, "--error-exitcode", "1"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.gradine.cli.Main"));
        command.addAll(List.of(arguments));
        try {
            return new ProcessBuilder(command).inheritIO().start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("sanitizer: interrupted", e);
        }
    }
}
