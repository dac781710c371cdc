package dev.gradine.cli.chat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/// Where what is said comes from, a line at a time.
public interface ChatInput extends AutoCloseable {

    /// The next line, or null at the end.
    @Nullable
    String line(String prompt);

    /// What is to be done when the user interrupts an answer.
    default void onInterrupt(Runnable action) {}

    /// Columns of the screen.
    default int width() {
        return 80;
    }

    @Override
    default void close() {}

    /// Lines of a file or a pipe.
    static ChatInput of(BufferedReader lines) {
        return _ -> {
            try {
                return lines.readLine();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    /// All that is said at once: a line, lines that go on behind a backslash at their end, or all between two lines of
    /// three quotes.
    default @Nullable String message(String prompt) {
        String line = line(prompt);
        if (line == null) return null;
        StringBuilder text = new StringBuilder();
        boolean isQuoted = line.strip().equals(QUOTES);
        if (isQuoted) line = line("… ");
        while (line != null) {
            boolean goesOn = isQuoted ? !line.strip().equals(QUOTES) : line.endsWith("\\");
            if (!goesOn) return isQuoted ? text.toString().stripTrailing() : text + line;
            text.append(isQuoted ? line : line.substring(0, line.length() - 1)).append('\n');
            line = line("… ");
        }
        return text.toString().stripTrailing();
    }

    /// What begins and ends a text of several lines.
    String QUOTES = "\"\"\"";
}
