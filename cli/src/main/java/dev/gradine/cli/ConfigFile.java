package dev.gradine.cli;

import dev.gradine.io.CheckpointException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// Options from a YAML file: keys are the long names without dashes; what stands on the command line wins.
final class ConfigFile implements IDefaultValueProvider {

    private static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /// The option itself, for `--help`; the file is read before the options are.
    @SuppressWarnings("UnusedVariable") // `apply` reads it from the arguments themselves
    static final class Arg {
        @Option(
                names = "--config",
                paramLabel = "FILE",
                description = "YAML file of options, such as `lr: 1e-4`; options given here win.")
        private @Nullable Path config;
    }

    private final Map<String, String> values;

    private ConfigFile(Map<String, String> values) {
        this.values = values;
    }

    /// Makes the values of `--config FILE`, if it stands among `args`, the defaults of the command they name.
    ///
    /// @throws IllegalArgumentException names the file and the key that no option has
    static void apply(CommandLine root, String[] args) {
        List<String> list = List.of(args);
        int at = list.indexOf("--config");
        String inline =
                list.stream().filter(a -> a.startsWith("--config=")).findFirst().orElse("");
        if (args.length == 0 || (inline.isEmpty() && (at < 0 || at + 1 >= args.length))) return;
        CommandLine command = root.getSubcommands().get(args[0]);
        if (command == null || command.getCommandSpec().findOption("--config") == null) return;
        Path file = Path.of(inline.isEmpty() ? args[at + 1] : inline.substring("--config=".length()));
        command.setDefaultValueProvider(new ConfigFile(read(file, command)));
    }

    private static Map<String, String> read(Path file, CommandLine command) {
        Object yaml;
        try {
            yaml = YAML.readValue(Files.readString(file), Object.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (JacksonException e) {
            String cause = e.getOriginalMessage().lines().findFirst().orElse("");
            throw new CheckpointException(
                    file, "line %d: %s".formatted(e.getLocation().getLineNr(), cause));
        }
        Map<String, String> values = new LinkedHashMap<>();
        if (yaml == null) return values;
        if (!(yaml instanceof Map<?, ?> options)) {
            throw new CheckpointException(file, "is no mapping, expected lines such as rank: 8");
        }
        options.forEach((key, value) -> {
            String name = "--" + key;
            if (name.equals("--config") || command.getCommandSpec().findOption(name) == null) {
                throw new CheckpointException(
                        file, "unknown key %s, expected one of %s".formatted(key, names(command)));
            }
            values.put(name, text(value));
        });
        return values;
    }

    private static String names(CommandLine command) {
        return command.getCommandSpec().options().stream()
                .map(OptionSpec::longestName)
                .filter(n -> n.startsWith("--")
                        && !List.of("--config", "--help", "--version").contains(n))
                .map(n -> n.substring(2))
                .sorted()
                .collect(Collectors.joining(", "));
    }

    private static String text(@Nullable Object value) {
        return switch (value) {
            case null -> "";
            case List<?> l -> l.stream().map(String::valueOf).collect(Collectors.joining(","));
            case Map<?, ?> m ->
                m.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).collect(Collectors.joining(","));
            default -> value.toString();
        };
    }

    @Override
    public @Nullable String defaultValue(ArgSpec arg) {
        return arg instanceof OptionSpec o ? values.get(o.longestName()) : null;
    }
}
