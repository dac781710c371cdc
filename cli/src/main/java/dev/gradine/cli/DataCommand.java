package dev.gradine.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `gradine data`: what concerns data sets.
@Command(
        name = "data",
        mixinStandardHelpOptions = true,
        description = "Look at a data set as a model will read it.",
        subcommands = DataShowCommand.class)
final class DataCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "data: no command given, expected show");
    }
}
