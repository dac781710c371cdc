package dev.gradine.cli;

import dev.gradine.train.RunHost;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;

/// A training command as the host of its run.
///
/// @param model whose device is being warmed up
/// @param remarks on the options
record CommandHost(CommandSpec spec, TrainOptions args, LoadedModel model, List<String> remarks) implements RunHost {

    @Override
    public List<String> command() {
        return Main.typed(spec);
    }

    @Override
    public String version() {
        return Main.version();
    }

    @Override
    public Map<String, Object> settings() {
        return args.surroundings();
    }

    @Override
    public void tell(String line) {
        say(spec, line);
    }

    /// Says a line to who runs the command.
    static void say(CommandSpec spec, String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("gradine: " + line);
        err.flush();
    }

    @Override
    public void ready() {
        model.ready();
    }

    @Override
    public void stepBegins() {
        args.profile().begin();
    }

    @Override
    public void stepEnds() {
        args.profile().end();
    }
}
