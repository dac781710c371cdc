package dev.gradine.cli;

import dev.gradine.cli.pipeline.Commands;
import dev.gradine.cli.pipeline.StageKind;
import dev.gradine.cli.plan.Units;
import dev.gradine.io.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/// The commands of a pipeline's stages, run in this process: options, messages and exit codes are those of the command
/// line, kernels stay compiled from stage to stage (a new JVM costs some 3 s each on two cores), and what a command
/// opens it closes. The price: the peak memory that a stage tells is that of the process, earlier stages included.
///
final class StageCommands implements Commands {

    /// What a plan reads of a training command.
    private static final Set<String> PLANNED = Set.of(
            "model",
            "adapter",
            "rank",
            "alpha",
            "targets",
            "optimizer",
            "quantize",
            "double-quant",
            "batch",
            "max-length",
            "steps",
            "gradient-checkpointing");

    private final Map<String, String> environment;
    private final CommandLine tree;
    private final PrintWriter err;

    /// @param environment that this process was started with
    /// @param err gets what they say
    StageCommands(Map<String, String> environment, PrintWriter err) {
        this.environment = Map.copyOf(environment);
        this.err = err;
        tree = Main.commandLine(environment);
    }

    private CommandLine command(List<String> words) {
        CommandLine command = tree;
        for (String word : words) {
            CommandLine next = command.getSubcommands().get(word);
            if (next == null) return command;
            command = next;
        }
        return command;
    }

    @Override
    public Role role(StageKind kind, String option) {
        CommandLine command = command(kind.command());
        OptionSpec spec = command.getCommandSpec().findOption("--" + option);
        if (spec == null) {
            List<String> names = Unparsed.names(command);
            String hint = ForeignNames.hint(option, "", names);
            String expected = hint.isEmpty() ? ", expected one of " + String.join(", ", new TreeSet<>(names)) : hint;
            throw new IllegalArgumentException("unknown key " + option + expected);
        }
        return new Role(kind(spec), many(spec));
    }

    private static Kind kind(OptionSpec spec) {
        if (spec.typeInfo().isBoolean()) return Kind.FLAG;
        boolean named = spec.paramLabel().contains("NAME") || spec.paramLabel().contains("base");
        if (spec.auxiliaryTypes()[0] == Path.class && !named) return Kind.FILE;
        return spec.paramLabel().matches(".*(DIR|FILE|PATH).*") ? Kind.MAYBE_FILE : Kind.VALUE;
    }

    private static Many many(OptionSpec spec) {
        if (!spec.isMultiValue()) return Many.ONE;
        return spec.splitRegex().isEmpty() ? Many.REPEATED : Many.JOINED;
    }

    @Override
    public void check(List<String> line) {
        try {
            tree.parseArgs(line.toArray(String[]::new));
        } catch (ParameterException e) {
            String told = Unparsed.text(e);
            throw new IllegalArgumentException(told.isEmpty() ? String.valueOf(e.getMessage()) : told, e);
        }
    }

    @Override
    public int run(List<String> line, StringBuilder printed) {
        StringWriter text = new StringWriter();
        int code = Main.execute(environment, new PrintWriter(text), err, line.toArray(String[]::new));
        printed.append(text);
        return code;
    }

    @Override
    public String planned(List<String> line) {
        List<String> plan = new ArrayList<>(List.of("plan", "--json"));
        for (String argument : line) {
            String name = argument.replaceFirst("^--([^=]*).*", "$1");
            if (PLANNED.contains(name)) plan.add(argument);
        }
        StringWriter text = new StringWriter();
        PrintWriter nowhere = new PrintWriter(new StringWriter());
        int code = Main.execute(environment, new PrintWriter(text), nowhere, plan.toArray(String[]::new));
        if (code != 0) return "";
        Map<String, Object> json = Json.parseObject("plan", text.toString().getBytes(StandardCharsets.UTF_8));
        boolean counted = plan.stream().anyMatch(a -> a.startsWith("--steps="));
        String memory = "at most " + Units.bytes(Math.round(number(json, "memory_bytes")));
        return counted ? memory + ", " + Units.time(number(json, "seconds")) : memory;
    }

    private static double number(Map<String, Object> json, String name) {
        return json.get(name) instanceof Number n ? n.doubleValue() : Double.NaN;
    }
}
