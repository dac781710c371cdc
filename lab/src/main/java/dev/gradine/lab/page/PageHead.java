package dev.gradine.lab.page;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// How a page of measured rows begins and ends.
public final class PageHead {

    private PageHead() {}

    /// Title, command and what else it was measured with.
    ///
    /// @param surroundings `command`, and such as `model`, `data`, `machine`, `date`
    public static List<String> lines(String title, Map<String, String> surroundings) {
        List<String> lines =
                new ArrayList<>(List.of("# " + title, "", "Written by the command below; do not edit.", "", "```"));
        lines.add(surroundings.getOrDefault("command", ""));
        lines.addAll(List.of("```", ""));
        Map<String, String> told = new LinkedHashMap<>(surroundings);
        told.remove("command");
        told.forEach((name, value) -> lines.add("* " + name + ": " + value));
        lines.add("");
        return lines;
    }

    /// What was told of things that could not be measured; nothing if all could be.
    public static List<String> failures(List<String> failures) {
        if (failures.isEmpty()) return List.of();
        List<String> lines = new ArrayList<>(List.of("", "Not measured:", ""));
        failures.forEach(why -> lines.add("* " + why));
        return lines;
    }

    /// Such as `3e-4`.
    public static String rate(double lr) {
        return String.format(Locale.ROOT, "%.1e", lr).replace(".0e", "e").replaceFirst("e([+-])0", "e$1");
    }
}
