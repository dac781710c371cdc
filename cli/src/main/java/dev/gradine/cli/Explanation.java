package dev.gradine.cli;

import dev.gradine.settings.Explained;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import picocli.CommandLine.Model.CommandSpec;

/// The numbers of a run with what is usual for each, as `--explain` prints them and as warnings before a run.
final class Explanation {

    private final SequencedMap<String, List<Explained>> groups = new LinkedHashMap<>();

    void add(String heading, List<Explained> numbers) {
        groups.computeIfAbsent(heading, _ -> new ArrayList<>()).addAll(numbers);
    }

    /// A line for each number out of its usual range.
    List<String> warnings() {
        return groups.values().stream()
                .flatMap(List::stream)
                .filter(Explained::isUnusual)
                .map(Explained::warning)
                .toList();
    }

    /// Prints all of it and gives the exit code.
    static int print(Explanation all, CommandSpec spec) {
        PrintWriter out = spec.commandLine().getOut();
        out.print(all.text());
        out.flush();
        return 0;
    }

    /// By heading: option, value, usual range; why; source.
    private String text() {
        StringBuilder text = new StringBuilder();
        groups.forEach((heading, numbers) -> {
            if (numbers.isEmpty()) return;
            text.append(text.isEmpty() ? "" : "%n".formatted()).append("%s%n".formatted(heading));
            numbers.forEach(x -> text.append(lines(x)));
        });
        return text.toString();
    }

    private static String lines(Explained x) {
        String value = x.isDefault() ? x.value() : x.value() + ", by default " + x.byDefault();
        String unusual = x.isUnusual() ? "; this is not" : "";
        return "  %-24s %s (usual: %s%s)%n      %s%n      %s%n"
                .formatted(
                        x.option(),
                        value,
                        x.usual(),
                        unusual,
                        x.usual().why(),
                        x.usual().source());
    }
}
