package dev.gradine.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `gradine adapters`: what concerns adapters alone.
@Command(
        name = "adapters",
        mixinStandardHelpOptions = true,
        description = "List, begin, combine, compare and convert adapters.",
        subcommands = {
            AdaptersListCommand.class,
            AdaptersAddCommand.class,
            AdaptersCombineCommand.class,
            AdaptersConvertCommand.class,
            AdaptersDiffCommand.class
        })
final class AdaptersCommand implements Runnable {

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        String known = String.join(", ", spec.subcommands().keySet());
        throw new ParameterException(spec.commandLine(), "adapters: no command given, expected one of " + known);
    }
}
