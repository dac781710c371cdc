package dev.gradine.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// An adapter's folder as a user gives it: `NAME=DIR`, or `DIR`.
///
/// @param name empty for none
record NamedFolder(String name, Path folder) {

    private static final String NAME = "[A-Za-z0-9_.-]+";

    /// @param text a folder that exists is one, whatever its name
    static NamedFolder parse(String text) {
        int at = text.indexOf('=');
        boolean named = at > 0 && text.substring(0, at).matches(NAME) && !Files.exists(Path.of(text));
        return named
                ? new NamedFolder(text.substring(0, at), Path.of(text.substring(at + 1)))
                : new NamedFolder("", Path.of(text));
    }

    /// Folders by name.
    ///
    /// @throws IllegalArgumentException if one has no name, or two have the same
    static SequencedMap<String, Path> all(List<String> texts) {
        return all("--adapter", texts);
    }

    /// The same, given by an option of that name.
    static SequencedMap<String, Path> all(String option, List<String> texts) {
        SequencedMap<String, Path> all = new LinkedHashMap<>();
        for (String text : texts) {
            NamedFolder f = parse(text);
            if (f.name.isEmpty() || f.name.equals(AdapterNames.BASE)) {
                throw new IllegalArgumentException(
                        "%s: \"%s\", expected NAME=DIR, its name of letters, digits and _.-".formatted(option, text));
            }
            if (all.put(f.name, f.folder) != null) {
                throw new IllegalArgumentException("%s: two are called %s, expected one".formatted(option, f.name));
            }
        }
        return all;
    }
}
