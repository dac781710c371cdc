package dev.gradine.peft;

import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A regular expression as Python's `re` reads it: what PEFT's files hold. Its language is not that of
/// `java.util.regex`: named groups, `\Z`, flags, brackets within a set and more differ.
///
/// A search is bounded: an expression that takes too many steps ends with an error.
final class PythonRegex {

    private final String written;
    private final RegexNode root;
    private final int groups;
    private final Map<String, Integer> names;

    PythonRegex(String written, RegexNode root, int groups, Map<String, Integer> names) {
        this.written = written;
        this.root = root;
        this.groups = groups;
        this.names = Map.copyOf(names);
    }

    /// @param what names it in messages
    /// @throws AdapterException if Python would refuse it
    static PythonRegex of(String what, String text) {
        return of(what, "", text, "");
    }

    /// `before + part + after` as one expression.
    ///
    /// @param part of it that a user or a file gave: messages show it
    /// @throws AdapterException if Python would refuse it
    static PythonRegex of(String what, String before, String part, String after) {
        return new RegexParser(what, before, part, after).parsed();
    }

    /// What was given, without what was set around it.
    String written() {
        return written;
    }

    /// Whether all of `path` matches: `re.fullmatch`.
    boolean matchesAll(String path) {
        RegexRun run = new RegexRun(path, groups);
        return searched(path, () -> root.match(run, 0, j -> j == path.length()));
    }

    /// Whether `path` begins with a match: `re.match`.
    boolean matchesStart(String path) {
        return start(path) != null;
    }

    /// What the group `name` holds where `path` begins with a match; null if it does not, or the group took no part.
    @Nullable
    String group(String path, String name) {
        RegexRun run = start(path);
        Integer number = names.get(name);
        return run == null || number == null || !run.isSet(number) ? null : run.group(number);
    }

    private @Nullable RegexRun start(String path) {
        RegexRun run = new RegexRun(path, groups);
        return searched(path, () -> root.match(run, 0, _ -> true)) ? run : null;
    }

    private boolean searched(String path, BooleanSupplier search) {
        try {
            return search.getAsBoolean();
        } catch (RegexRun.TooLong e) {
            throw new AdapterException("pattern: %s takes too many steps on %s, expected a simpler regular expression"
                    .formatted(shown(written), shown(path)));
        }
    }

    /// A text of a file as messages show it.
    static String shown(String text) {
        return text.length() <= 80 ? text : text.substring(0, 77) + "…";
    }
}
