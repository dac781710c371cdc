package dev.gradine.cli;

import dev.gradine.train.report.RunInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// `gradine sft --resume --out DIR`: the options of the run in that folder, taken from its `run.json`, and
/// what is typed in place of some. A line that names the model is whole as it stands.
final class ResumedArgs {

    private ResumedArgs() {}

    /// The arguments of the run that is resumed and those typed, which win; `args` themselves if they name a model or
    /// resume nothing.
    ///
    /// @throws IllegalArgumentException if the run in the folder is one of another command
    static String[] complete(String... args) {
        List<Option> typed = options(args);
        Set<String> names = names(typed);
        if (args.length == 0 || !names.contains("--resume") || names.contains("--model")) return args;
        Path out = typed.stream()
                .filter(o -> o.name.equals("--out"))
                .map(Option::value)
                .findFirst()
                .map(Path::of)
                .orElse(Path.of(""));
        if (!names.contains("--out") || !Files.exists(out.resolve(RunInfo.FILE))) return args;
        RunInfo.Launch before = RunInfo.read(out).launch();
        if (!before.kind().equals(args[0])) {
            throw new IllegalArgumentException(
                    "--resume: %s is a run of %s, expected one of %s".formatted(out, before.kind(), args[0]));
        }
        return joined(args, names, before.command());
    }

    private static String[] joined(String[] args, Set<String> typed, List<String> before) {
        List<String> all = new ArrayList<>(List.of(args));
        int start = before.indexOf(args[0]) + 1; // behind the program's and the command's name
        for (Option o : options(before.subList(start - 1, before.size()).toArray(String[]::new))) {
            boolean replaced = typed.contains(o.name) || (typed.contains("--steps") && o.name.equals("--epochs"));
            if (!replaced) all.addAll(o.tokens);
        }
        return all.toArray(String[]::new);
    }

    private static Set<String> names(List<Option> options) {
        Set<String> names = new HashSet<>();
        for (Option o : options) names.add(o.name);
        return names;
    }

    /// An option with what follows it up to the next one.
    private record Option(String name, List<String> tokens) {
        String value() {
            String first = tokens.getFirst();
            int equals = first.indexOf('=');
            if (equals >= 0) return first.substring(equals + 1);
            return tokens.size() > 1 ? tokens.get(1) : "";
        }
    }

    /// @param args a command's name and its options
    private static List<Option> options(String... args) {
        List<Option> all = new ArrayList<>();
        for (int i = 1; i < args.length; i++) {
            if (args[i].startsWith("--")) {
                String name = args[i].split("=", 2)[0].replace('_', '-');
                all.add(new Option(name, new ArrayList<>(List.of(args[i]))));
            } else if (!all.isEmpty()) {
                all.getLast().tokens.add(args[i]);
            }
        }
        return all;
    }
}
