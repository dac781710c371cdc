package dev.gradine.cli;

import java.lang.reflect.Type;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// What is wrong with a command line that picocli cannot take apart.
final class Unparsed {

    private Unparsed() {}

    /// What, what was expected, and what may have been meant; empty where picocli's own words will do.
    static String text(ParameterException e) {
        CommandLine command = e.getCommandLine();
        boolean unmatched = e instanceof UnmatchedArgumentException || e instanceof MissingParameterException;
        List<String> left = unmatched ? command.getUnmatchedArguments() : List.of();
        boolean commands = !command.getSubcommands().isEmpty() && !left.isEmpty();
        if (commands && !left.getFirst().startsWith("-")) return unknownWord(command, left.getFirst());
        for (String arg : left) if (arg.startsWith("-")) return unknownOption(command, arg);
        if (e instanceof UnmatchedArgumentException && !left.isEmpty()) return unknownWord(command, left.getFirst());
        return e.getArgSpec() instanceof OptionSpec option && e.getValue() != null
                ? wrongValue(option, e.getValue())
                : "";
    }

    private static String unknownOption(CommandLine command, String arg) {
        String name = arg.indexOf('=') < 0 ? arg : arg.substring(0, arg.indexOf('='));
        return "Unknown option: '%s'%s".formatted(name, ForeignNames.hint(name, "--", names(command)));
    }

    /// The options of a command, without dashes in front.
    static List<String> names(CommandLine command) {
        return command.getCommandSpec().options().stream()
                .filter(o -> !o.hidden())
                .flatMap(o -> Stream.of(o.names()))
                .filter(n -> n.startsWith("--"))
                .map(n -> n.substring(2))
                .toList();
    }

    private static String unknownWord(CommandLine command, String word) {
        List<String> commands = command.getSubcommands().entrySet().stream()
                .filter(c -> !c.getValue().getCommandSpec().usageMessage().hidden())
                .map(c -> c.getKey())
                .toList();
        return commands.isEmpty()
                ? "\"%s\" belongs to no option".formatted(word)
                : "there is no command \"%s\"%s".formatted(word, ForeignNames.commandHint(word, commands));
    }

    private static String wrongValue(ArgSpec option, String value) {
        Class<?>[] parts = option.auxiliaryTypes();
        Class<?> type = parts.length == 0 ? option.type() : parts[parts.length - 1];
        String expected = expected(type, value);
        String name = ((OptionSpec) option).longestName();
        return expected.isEmpty() ? "" : "%s: \"%s\", expected %s".formatted(name, value, expected);
    }

    private static String expected(Type type, String value) {
        if (type == double.class || type == Double.class || type == float.class || type == Float.class) {
            return "a number";
        }
        boolean whole = type == int.class || type == Integer.class;
        if (!whole && type != long.class && type != Long.class) return "";
        if (!value.matches("[+-]?\\d+")) return "a whole number";
        return "a whole number from %d to %d"
                .formatted(whole ? Integer.MIN_VALUE : Long.MIN_VALUE, whole ? Integer.MAX_VALUE : Long.MAX_VALUE);
    }
}
