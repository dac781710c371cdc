package dev.gradine.cli.pipeline;

import dev.gradine.settings.Settings;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What `${name}` stands for in a pipeline; `${stage.output}` is left for `References`.
///
/// @param values by name; empty for one that must be set
record Variables(Map<String, String> values) {

    private static final Pattern NAME = Pattern.compile("\\$\\{([A-Za-z0-9_-]+)}");

    /// @param given of the file
    /// @param set in their place
    /// @throws IllegalArgumentException if one is set that the file does not have
    static Variables of(Map<String, ?> given, Map<String, String> set) {
        Settings.requireKnown(set.keySet(), given.keySet());
        Map<String, String> all = new LinkedHashMap<>();
        given.forEach((name, value) -> all.put(name, value == null ? "" : value.toString()));
        all.putAll(set);
        return new Variables(all);
    }

    /// A text with values in the place of names.
    ///
    /// @throws IllegalArgumentException if a name has no value
    String fill(String place, String text) {
        Matcher names = NAME.matcher(text);
        return names.replaceAll(found -> Matcher.quoteReplacement(value(place, found.group(1))));
    }

    private String value(String place, String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("%s: there is no variable %s, expected one of %s"
                    .formatted(place, name, new TreeMap<>(values).keySet()));
        }
        if (value.isEmpty()) {
            throw new IllegalArgumentException("%s: %s has no value, expected --set %s=…".formatted(place, name, name));
        }
        return value;
    }
}
