package dev.gradine.cli;

import dev.gradine.data.YamlFile;
import dev.gradine.io.CheckpointException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// Options from a YAML file: keys are the long names without dashes; what stands on the command line
/// wins.
final class ConfigFile implements IDefaultValueProvider {

    /// A command that takes `--config`.
    interface Reader {}

    /// Adds `--config` to a command, for `--help`: the file is read before the options are.
    static void addTo(CommandSpec command) {
        command.addOption(OptionSpec.builder("--config")
                .type(Path.class)
                .paramLabel("FILE")
                .description("YAML file of options, such as `lr: 1e-4`; options given here win.")
                .build());
    }

    private final Map<String, String> values;

    private ConfigFile(Map<String, String> values) {
        this.values = values;
    }

    /// Makes the values of `--config FILE`, if it stands among `args`, the defaults of the command they
    /// name.
    ///
    /// @throws IllegalArgumentException names the file and the key that no option has
    static void apply(CommandLine root, String[] args) {
        List<String> list = List.of(args);
        int at = list.indexOf("--config");
        String inline =
                list.stream().filter(a -> a.startsWith("--config=")).findFirst().orElse("");
        if (args.length == 0 || (inline.isEmpty() && (at < 0 || at + 1 >= args.length))) return;
        CommandLine command = root.getSubcommands().get(args[0]);
        if (command == null || !(command.getCommand() instanceof Reader)) return;
        Path file = Path.of(inline.isEmpty() ? args[at + 1] : inline.substring("--config=".length()));
        command.setDefaultValueProvider(new ConfigFile(read(file, command)));
    }

    /// Whether an option was given, on the command line or in the file.
    ///
    /// @param option its longest name
    static boolean gives(CommandLine command, String option) {
        return command.getParseResult().hasMatchedOption(option)
                || (command.getDefaultValueProvider() instanceof ConfigFile f && f.values.containsKey(option));
    }

    /// What stands in a YAML file; null for nothing.
    ///
    /// @throws IllegalArgumentException names the file and the line
    static @Nullable Object yaml(Path file) {
        try {
            return YamlFile.read(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> read(Path file, CommandLine command) {
        Object yaml = yaml(file);
        Map<String, String> values = new LinkedHashMap<>();
        if (yaml == null) return values;
        if (!(yaml instanceof Map<?, ?> options)) {
            throw new CheckpointException(file, "is no mapping, expected lines such as rank: 8");
        }
        options.forEach((key, value) -> {
            String name = known(file, String.valueOf(key), command);
            if (values.put("--" + name, text(file, name, value)) == null) return;
            throw new CheckpointException(file, "%s is given twice, as %s too".formatted(name, key));
        });
        return values;
    }

    /// The option that a key names: `max_length` is `max-length`.
    private static String known(Path file, String key, CommandLine command) {
        List<String> names = Unparsed.names(command).stream()
                .filter(n -> !List.of("config", "help", "version").contains(n))
                .toList();
        for (String name : List.of(key, key.replace('_', '-'))) if (names.contains(name)) return name;
        String hint = ForeignNames.hint(key, "", names);
        String expected = hint.isEmpty() ? ", expected one of " + String.join(", ", new TreeSet<>(names)) : hint;
        throw new CheckpointException(file, "unknown key " + key + expected);
    }

    private static String text(Path file, String name, @Nullable Object value) {
        return switch (value) {
            case null -> "";
            case List<?> l -> l.stream().map(v -> text(file, name, v)).collect(Collectors.joining(","));
            case Map<?, ?> m ->
                m.entrySet().stream()
                        .map(e -> e.getKey() + "=" + text(file, name, e.getValue()))
                        .collect(Collectors.joining(","));
            case byte[] _ -> throw new CheckpointException(file, name + " is binary data, expected text or a number");
            default -> value.toString();
        };
    }

    @Override
    public @Nullable String defaultValue(ArgSpec arg) {
        return arg instanceof OptionSpec o ? values.get(o.longestName()) : null;
    }
}
