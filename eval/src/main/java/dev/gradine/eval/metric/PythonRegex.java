package dev.gradine.eval.metric;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// Regular expressions as Python's `re` reads them: letters and digits of all scripts, lines that end in
/// `\n` alone.
final class PythonRegex {

    private static final int FLAGS = Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNIX_LINES;

    private PythonRegex() {}

    /// @throws IllegalArgumentException if Java cannot read it
    static Pattern compile(String regex) {
        try {
            return Pattern.compile(regex.replace("(?P<", "(?<"), FLAGS);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException("regex %s: %s".formatted(regex, e.getDescription()), e);
        }
    }
}
