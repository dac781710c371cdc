package dev.gradine.cli;

import dev.gradine.align.Recipe;
import dev.gradine.io.StandardError;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The `gradine` command: everything the launcher does not do itself starts here.
///
/// Exit codes: 0 done, 1 a fault of ours or of the machine, 2 a mistake in what the user gave. A mistake
/// is one line on stderr that starts with `gradine:`; a fault is one line too, and its stack trace where
/// `GRADINE_DEBUG` is set.
@Command(
        name = "gradine",
        description = "Post-training laboratory: fine-tune, align and inspect language models on this machine.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "The launcher also knows: test (every check and a count), run FILE.java (a program over these classes)."
        },
        versionProvider = Main.Version.class)
public final class Main implements Runnable {

    /// Commands that train nothing.
    private static final List<Class<?>> OTHERS = List.of(
            GenerateCommand.class,
            ChatCommand.class,
            ServeCommand.class,
            MergeCommand.class,
            MergeModelsCommand.class,
            QuantizeCommand.class,
            AddTokensCommand.class,
            ExportCommand.class,
            ScoreCommand.class,
            ForwardCommand.class,
            EvalCommand.class,
            ForgettingCommand.class,
            FeedbackCommand.class,
            PipelineCommand.class,
            AdaptersCommand.class,
            InspectCommand.class,
            PlanCommand.class,
            DoctorCommand.class,
            DataCommand.class,
            CompareCommand.class,
            DashboardCommand.class,
            LabCommand.class,
            BenchCommand.class,
            KernelsCommand.class,
            GpuCommand.class,
            BundleCommand.class,
            ClassArchiveCommand.class);

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    private Main() {}

    /// Runs one command and ends the process with its exit code.
    public static void main(String[] args) {
        restoreStderr();
        System.exit(execute(System.getenv(), args));
    }

    /// Standard error begins as a pipe that leaves the JDK's announcement of an incubator module out.
    /// The launcher keeps the true one under another number; from here on a terminal is one again, and
    /// nothing is held back.
    private static void restoreStderr() {
        Integer kept = Integer.getInteger("gradine.stderr");
        if (kept != null) StandardError.become(kept);
    }

    /// Runs one command and gives its exit code; `environment` is what the process was started with.
    static int execute(Map<String, String> environment, String... args) {
        return execute(environment, commandLine(environment), args);
    }

    /// Runs one command that prints to these two instead of the process's own.
    static int execute(Map<String, String> environment, PrintWriter out, PrintWriter err, String... args) {
        return execute(environment, commandLine(environment).setOut(out).setErr(err), args);
    }

    private static int execute(Map<String, String> environment, CommandLine line, String... typed) {
        String[] args;
        try {
            Arguments.requireReadable(typed);
            args = ResumedArgs.complete(Arguments.dashed(line, typed));
            ConfigFile.apply(line, args);
        } catch (RuntimeException e) {
            return failures(environment).handle(e, line);
        }
        try {
            return line.execute(args);
        } catch (VirtualMachineError e) { // picocli hands on exceptions only
            return failures(environment).handle(e, line);
        }
    }

    /// The whole command tree; `more` are further commands.
    static CommandLine commandLine(Map<String, String> environment, Object... more) {
        CommandLine.tracer().setLevel(CommandLine.TraceLevel.OFF); // a mistake is one line, and it is ours
        CommandLine line = new CommandLine(new Main()).setCommandName(Arguments.program());
        line.addSubcommand(new DemoCommand());
        for (Recipe<?> recipe : Recipes.all()) line.addSubcommand(RecipeCommand.of(recipe));
        for (Class<?> command : OTHERS) line.addSubcommand(new CommandLine(command));
        for (Object command : more) line.addSubcommand(command);
        for (CommandLine sub : line.getSubcommands().values()) {
            if (sub.getCommand() instanceof ConfigFile.Reader) ConfigFile.addTo(sub.getCommandSpec());
            HelpGroup.install(sub.getCommandSpec());
        }
        Failures failures = failures(environment);
        return line.setParameterExceptionHandler(failures).setExecutionExceptionHandler(failures);
    }

    private static Failures failures(Map<String, String> environment) {
        return new Failures(environment.containsKey("GRADINE_DEBUG"));
    }

    /// `gradine` without a command is a mistake: there is nothing to do.
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command given");
    }

    /// The version the build wrote into the jar.
    static String version() {
        String built = Main.class.getPackage().getImplementationVersion();
        return built == null ? "(not packaged)" : built;
    }

    /// What the user typed, program name first.
    static List<String> typed(CommandSpec spec) {
        List<String> all = new ArrayList<>(List.of("gradine"));
        all.addAll(spec.commandLine().getParseResult().originalArgs()); // the whole line, the command's name included
        return all;
    }

    /// Reads the version from the jar, where the build wrote it.
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"gradine " + version() + ", Java " + Runtime.version()};
        }
    }
}
