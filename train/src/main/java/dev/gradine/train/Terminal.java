package dev.gradine.train;

import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.LongSupplier;

/// Where progress is shown, and by which clock.
///
/// @param out text goes here
/// @param nanos a clock that only rises, in nanoseconds
/// @param terminal whether a line may be redrawn
/// @param columns width of a line
public record Terminal(PrintStream out, LongSupplier nanos, boolean terminal, int columns) {

    private static final int USUAL_COLUMNS = 80;
    private static final Path STDERR = Path.of("/proc/self/fd/2");

    /// Standard error, as the process was started with it.
    public static Terminal ofStderr() {
        Map<String, String> env = System.getenv();
        return new Terminal(System.err, System::nanoTime, redraws(env, isTerminal()), columns(env));
    }

    /// A terminal that cannot move its cursor says so in `TERM`.
    static boolean redraws(Map<String, String> env, boolean terminal) {
        String term = env.getOrDefault("TERM", "");
        return terminal && !term.isEmpty() && !term.equals("dumb");
    }

    /// `COLUMNS`, which shells export only on demand; 80 without it.
    static int columns(Map<String, String> env) {
        String text = env.getOrDefault("COLUMNS", "");
        return text.matches("[1-9][0-9]{0,4}") ? Integer.parseInt(text) : USUAL_COLUMNS;
    }

    /// The console speaks of standard input and output; where the system names the file behind standard error, that is
    /// asked instead.
    @SuppressWarnings("SystemConsoleNull") // it is null again since JDK 25, where nobody sits at the terminal
    private static boolean isTerminal() {
        if (Files.isSymbolicLink(STDERR)) {
            try {
                String target = Files.readSymbolicLink(STDERR).toString();
                return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
            } catch (IOException e) {
                return false;
            }
        }
        Console console = System.console();
        return console != null && console.isTerminal();
    }
}
