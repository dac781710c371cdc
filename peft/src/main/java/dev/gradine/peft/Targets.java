package dev.gradine.peft;

import java.util.List;
import java.util.stream.Stream;

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

    /// The layers whose whole path matches a regular expression of Python.
    ///
    /// @param text such as `.*\.(q_proj|v_proj)`
    /// @param pattern the same, read
    record Regex(String text, PythonRegex pattern) implements Targets {
        @Override
        public String toString() {
            return text;
        }

        @Override
        public boolean matches(String path) {
            return pattern.matchesAll(path);
        }
    }

    /// No layer.
    record None() implements Targets {
        @Override
        public String toString() {
            return "none";
        }

        @Override
        public boolean matches(String path) {
            return false;
        }
    }

    /// What PEFT adapts in models of the family; a model makes names of it, see `FamilyTargets`.
    record OfFamily() implements Targets {
        @Override
        public String toString() {
            return "those usual for the family";
        }

        @Override
        public boolean matches(String path) {
            throw new IllegalStateException("targets: of no family yet, expected those of a model");
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

    /// As PEFT's file has it: a list of names, or a regular expression.
    default Object stored() {
        return switch (this) {
            case Suffixes s -> s.names();
            case Regex r -> r.text();
            case None _ -> List.of();
            case OfFamily _ -> throw new IllegalStateException("targets: of no family yet, expected those of a model");
            case AllLinear _ -> "all-linear";
        };
    }

    /// These layers and the one at `path`, which has no characters but letters, digits, dots and underscores.
    /// `all-linear` stays what it is.
    default Targets and(String path) {
        return switch (this) {
            case Suffixes s ->
                new Suffixes(Stream.concat(s.names().stream(), Stream.of(path)).toList());
            case Regex r -> regex("(?:%s)|%s".formatted(r.text(), path.replace(".", "\\.")));
            case None _ -> new Suffixes(List.of(path));
            case OfFamily _ -> throw new IllegalStateException("targets: of no family yet, expected those of a model");
            case AllLinear a -> a;
        };
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
        return new Regex(text, PythonRegex.of("targets", text));
    }
}
