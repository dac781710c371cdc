package dev.gradine.peft;

import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// Which linear layers get an adapter, by their paths.
public sealed interface Targets {

    /// The layers whose path is an entry or ends with a dot and an entry.
    ///
    /// @param names such as `q_proj` or `model.layers.0.mlp.up_proj`
    record Suffixes(List<String> names) implements Targets {
        /// @throws AdapterException if there is no name
        public Suffixes {
            names = List.copyOf(names);
            if (names.isEmpty()) throw new AdapterException("targets: none given, expected at least one module name");
        }

        @Override
        public String toString() {
            return String.join(",", names);
        }

        @Override
        public boolean matches(String path) {
            return names.stream().anyMatch(n -> path.equals(n) || path.endsWith("." + n));
        }
    }

    /// The layers whose whole path matches a regular expression.
    ///
    /// @param pattern such as `.*\.(q_proj|v_proj)`
    record Regex(Pattern pattern) implements Targets {
        @Override
        public String toString() {
            return pattern.pattern();
        }

        @Override
        public boolean matches(String path) {
            return pattern.matcher(path).matches();
        }
    }

    /// Every linear layer but the head.
    ///
    /// @param head path of the head
    record AllLinear(String head) implements Targets {
        @Override
        public String toString() {
            return "all-linear";
        }

        @Override
        public boolean matches(String path) {
            return !path.equals(head);
        }
    }

    /// Whether the layer at `path` is meant.
    boolean matches(String path);

    /// As PEFT's file has it: a list of names or a regular expression.
    default Object stored() {
        return switch (this) {
            case Suffixes s -> s.names();
            case Regex r -> r.pattern().pattern();
            case AllLinear _ -> "all-linear";
        };
    }

    /// `whole` as an expression.
    ///
    /// @param part of it that the user wrote
    /// @throws AdapterException if it is none
    static Pattern pattern(String whole, String part) {
        try {
            return Pattern.compile(whole);
        } catch (PatternSyntaxException e) {
            throw new AdapterException("pattern: %s is no regular expression: %s".formatted(part, e.getDescription()));
        }
    }

    /// Reads what a user writes: `all-linear`, a list of names separated by commas, or a regular expression (anything
    /// with a character that no name has).
    ///
    /// @throws AdapterException if it is empty or no valid expression
    static Targets parse(String text) {
        if (text.equals("all-linear")) return new AllLinear("lm_head");
        if (text.matches("[A-Za-z0-9_.]+(,[A-Za-z0-9_.]+)*")) return new Suffixes(List.of(text.split(",")));
        return regex(text);
    }

    /// The layers whose whole path matches `text`.
    ///
    /// @throws AdapterException if it is no valid expression
    static Targets regex(String text) {
        try {
            return new Regex(Pattern.compile(text));
        } catch (PatternSyntaxException e) {
            throw new AdapterException(
                    "targets: %s is no regular expression: %s at %d".formatted(text, e.getDescription(), e.getIndex()));
        }
    }
}
