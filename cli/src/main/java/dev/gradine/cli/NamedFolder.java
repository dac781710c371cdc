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
        return byName(option, texts.stream().map(t -> named(option, t)).toList());
    }

    /// One that has a name.
    ///
    /// @throws IllegalArgumentException if it has none
    static NamedFolder named(String option, String text) {
        NamedFolder f = parse(text);
        return f.name.isEmpty() ? named(option, "", text) : named(option, f.name, f.folder.toString());
    }

    /// The same, of a name and a folder.
    static NamedFolder named(String option, String name, String folder) {
        if (name.matches(NAME) && !name.equals(AdapterNames.BASE)) return new NamedFolder(name, Path.of(folder));
        String given = name.isEmpty() ? folder : name + "=" + folder;
        throw new IllegalArgumentException(
                "%s: \"%s\", expected NAME=DIR, its name of letters, digits and _.-".formatted(option, given));
    }

    /// Folders by their names.
    ///
    /// @throws IllegalArgumentException if two have the same
    static SequencedMap<String, Path> byName(String option, List<NamedFolder> folders) {
        SequencedMap<String, Path> all = new LinkedHashMap<>();
        for (NamedFolder f : folders) {
            if (all.put(f.name, f.folder) != null) {
                throw new IllegalArgumentException("%s: two are called %s, expected one".formatted(option, f.name));
            }
        }
        return all;
    }
}
