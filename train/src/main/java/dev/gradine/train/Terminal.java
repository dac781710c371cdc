package dev.gradine.train;

import dev.gradine.io.StandardError;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/// Where progress is shown, and by which clock.
///
/// @param out text goes here
/// @param nanos a clock that only rises, in nanoseconds
/// @param terminal whether a line may be redrawn
/// @param width columns of a line, as it is now: windows change
public record Terminal(PrintStream out, LongSupplier nanos, boolean terminal, IntSupplier width) {

    private static final int USUAL_COLUMNS = 80;
    private static final Path STDERR = Path.of("/proc/self/fd/2");

    /// A terminal of one width.
    public Terminal(PrintStream out, LongSupplier nanos, boolean terminal, int columns) {
        this(out, nanos, terminal, () -> columns);
    }

    /// Columns of a line now.
    public int columns() {
        return width.getAsInt();
    }

    /// Standard error, as the process was started with it.
    public static Terminal ofStderr() {
        Map<String, String> env = System.getenv();
        boolean redraws = redraws(env, isTerminal());
        IntSupplier window = redraws ? StandardError::columns : () -> 0;
        return new Terminal(System.err, System::nanoTime, redraws, () -> columns(env, window.getAsInt()));
    }

    /// A terminal that cannot move its cursor says so in `TERM`.
    static boolean redraws(Map<String, String> env, boolean terminal) {
        String term = env.getOrDefault("TERM", "");
        return terminal && !term.isEmpty() && !term.equals("dumb");
    }

    /// What the window has, or `COLUMNS` if that is less or the window does not tell; shells export it only on demand,
    /// and it is that of the start. 80 without either.
    static int columns(Map<String, String> env, int window) {
        String text = env.getOrDefault("COLUMNS", "");
        int asked = text.matches("[1-9][0-9]{0,4}") ? Integer.parseInt(text) : 0;
        if (window <= 0) return asked == 0 ? USUAL_COLUMNS : asked;
        return asked == 0 ? window : Math.min(asked, window);
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
