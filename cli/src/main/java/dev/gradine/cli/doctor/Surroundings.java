package dev.gradine.cli.doctor;

import dev.gradine.train.Terminal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What the process was given by whoever started it: locale, terminal, variables.
public final class Surroundings {

    private static final List<String> LOCALE = List.of("LC_ALL", "LC_CTYPE", "LANG");
    private static final List<String> KNOWN = List.of("GRADINE_JAVA", "GRADINE_JAVA_OPTS", "GRADINE_DEBUG");
    private static final List<String> SHOWN =
            List.of("JAVA_HOME", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "NVRTC_HOME", "CUDA_VISIBLE_DEVICES");
    private static final int LONGEST = 100;

    private Surroundings() {}

    /// In which encoding arguments and paths are read.
    ///
    /// @param encoding of arguments and paths, the property `sun.jnu.encoding`
    public static Finding locale(Map<String, String> environment, String encoding) {
        String set = LOCALE.stream()
                .filter(environment::containsKey)
                .map(name -> name + "=" + environment.get(name))
                .collect(Collectors.joining(" "));
        String text = "%s for arguments and paths (%s)".formatted(encoding, set.isEmpty() ? "no variable is set" : set);
        return encoding.equalsIgnoreCase("UTF-8")
                ? Finding.fine("locale", text)
                : Finding.hinders(
                        "locale", text, "texts and paths that are not ASCII cannot be given: set LC_ALL=C.UTF-8");
    }

    /// What progress is shown on.
    public static Finding terminal(Terminal t, Map<String, String> environment) {
        String term = environment.getOrDefault("TERM", "");
        if (t.terminal()) return Finding.fine("terminal", "%d columns, TERM=%s".formatted(t.columns(), term));
        return Finding.fine("terminal", "none that redraws a line: progress is a line every few seconds");
    }

    /// The variables that the program and its launcher read.
    public static Finding variables(Map<String, String> environment) {
        Map<String, String> all = new TreeMap<>(environment);
        all.keySet().removeIf(name -> !name.startsWith("GRADINE_") && !SHOWN.contains(name));
        String text = all.entrySet().stream()
                .map(e -> e.getKey() + "=" + cut(e.getValue()))
                .collect(Collectors.joining(" "));
        List<String> unknown = all.keySet().stream()
                .filter(name -> name.startsWith("GRADINE_") && !KNOWN.contains(name))
                .toList();
        if (unknown.isEmpty()) return Finding.fine("variables", text.isEmpty() ? "none" : text);
        return Finding.hinders(
                "variables",
                text,
                "nothing reads %s: known are %s".formatted(String.join(", ", unknown), String.join(", ", KNOWN)));
    }

    private static String cut(String value) {
        return value.length() <= LONGEST ? value : value.substring(0, LONGEST) + " …";
    }
}
