package dev.gradine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.testkit.Golden;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// One command in a process of its own, started with the program's flags and the test's class path: for what only a
/// process can show, signals, its own stdout, limits of the system.
final class Child implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 120;

    private final Process process;
    private final Path out;
    private final Path err;

    private Child(Process process, Path out, Path err) {
        this.process = process;
        this.out = out;
        this.err = err;
    }

    /// Starts a command; what it prints goes to two files in `folder`.
    static Child start(Path folder, Object... args) {
        return start(folder, List.of(), args);
    }

    /// @param jvm options of this JVM alone
    static Child start(Path folder, List<String> jvm, Object... args) {
        return launch(folder, command(jvm, args));
    }

    /// As above, in a process that can write no file longer than so many kilobytes: its disk is full early.
    static Child startWithFilesUpTo(int kilobytes, Path folder, Object... args) {
        List<String> all = new ArrayList<>(List.of("bash", "-c", "ulimit -f " + kilobytes + "; exec \"$@\"", "bash"));
        all.addAll(command(List.of("-XX:-UsePerfData"), args));
        return launch(folder, all);
    }

    /// As above, on a terminal of so many columns, which is its stdout and stderr.
    static Child onTerminal(int columns, Path folder, Object... args) {
        StringBuilder line = new StringBuilder("stty cols " + columns + "; exec");
        for (String word : command(List.of(), args))
            line.append(" '").append(word).append('\'');
        return launch(
                folder, List.of("env", "TERM=xterm", "LC_ALL=C.UTF-8", "script", "-qec", line.toString(), "/dev/null"));
    }

    private static List<String> command(List<String> jvm, Object... args) {
        List<String> all = new ArrayList<>();
        all.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        all.add("@" + Golden.repository().resolve(".mvn/java.flags"));
        all.addAll(List.of("-Xmx512m", "-Xshare:auto"));
        all.addAll(jvm);
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        all.addAll(List.of("-cp", classPath, Main.class.getName()));
        for (Object arg : args) all.add(String.valueOf(arg));
        return all;
    }

    private static Child launch(Path folder, List<String> command) {
        Path out = folder.resolve("stdout.txt");
        Path err = folder.resolve("stderr.txt");
        try {
            Process p = new ProcessBuilder(command)
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            return new Child(p, out, err);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Waits until a file has so many lines while the process runs.
    void awaitLines(Path file, int lines) {
        await("line " + lines + " of " + file, () -> Files.exists(file) && Values.completeLines(file) >= lines);
    }

    /// Waits until `condition` holds while the process runs; fails if it ends or nothing happens for two minutes.
    void await(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(process.isAlive())
                    .as(() -> "waiting for " + what + ": " + err())
                    .isTrue();
            assertThat(System.nanoTime()).as(what).isLessThan(end);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1)); // leaves the processor to the child
        }
    }

    /// Ends it as a power failure would.
    void kill() {
        process.destroyForcibly();
        code();
    }

    /// Asks it to stop, as a system that shuts down does.
    void terminate() {
        process.destroy();
    }

    /// Ctrl-C.
    void interrupt() {
        try {
            new ProcessBuilder("kill", "-INT", String.valueOf(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /// Waits for its end.
    int code() {
        try {
            assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
        return process.exitValue();
    }

    String out() {
        return Values.text(out);
    }

    /// What it printed on stderr, without the line the JDK prints in every start.
    String err() {
        return Values.text(err).replaceFirst("(?m)^WARNING: Using incubator modules: jdk.incubator.vector\\R", "");
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
