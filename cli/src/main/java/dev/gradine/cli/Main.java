package dev.gradine.cli;

import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The `gradine` command: everything the launcher does not do itself starts here.
///
/// Exit codes: 0 done, 1 a fault of ours or of the machine, 2 a mistake in what the user gave. A mistake is one line on
/// stderr that starts with `gradine:`; a fault is one line too, and its stack trace where `GRADINE_DEBUG` is set.
@Command(
        name = "gradine",
        description = "Post-training laboratory: fine-tune, align and inspect language models on this machine.",
        mixinStandardHelpOptions = true,
        subcommands = {ScoreCommand.class, BenchCommand.class},
        versionProvider = Main.Version.class)
public final class Main implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    private Main() {}

    /// Runs one command and ends the process with its exit code.
    public static void main(String[] args) {
        System.exit(commandLine(System.getenv()).execute(args));
    }

    /// The whole command tree; `environment` is what the process was started with, `more` are further commands.
    static CommandLine commandLine(Map<String, String> environment, Object... more) {
        CommandLine line = new CommandLine(new Main());
        for (Object command : more) line.addSubcommand(command);
        Failures failures = new Failures(environment.containsKey("GRADINE_DEBUG"));
        return line.setParameterExceptionHandler(failures).setExecutionExceptionHandler(failures);
    }

    /// `gradine` without a command is a mistake: there is nothing to do.
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "no command given");
    }

    /// Reads the version from the jar, where the build wrote it.
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String built = Main.class.getPackage().getImplementationVersion();
            String version = built == null ? "(not packaged)" : built;
            return new String[] {"gradine " + version + ", Java " + Runtime.version()};
        }
    }
}
