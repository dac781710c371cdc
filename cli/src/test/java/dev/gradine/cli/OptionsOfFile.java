package dev.gradine.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/// Reads the options of `sft --config FILE` and runs nothing.
public final class OptionsOfFile {

    private final CommandLine line = Main.commandLine(Map.of());

    /// Options that were refused, by the line that a user sees.
    public static final class Refused extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        Refused(String line) {
            super(line);
        }
    }

    /// Reads a file as the command would.
    ///
    /// @throws Refused if an option is not what it must be
    /// @throws dev.gradine.io.CheckpointException if the file is not
    public void read(Path file) {
        String[] args = {"sft", "--model", "m", "--data", "d", "--out", "o", "--config", file.toString()};
        ConfigFile.apply(line, args);
        try {
            line.parseArgs(args);
        } catch (ParameterException e) {
            StringWriter told = new StringWriter();
            e.getCommandLine().setErr(new PrintWriter(told));
            int code = new Failures(false).handleParseException(e, args);
            if (code == Failures.MISTAKE) throw new Refused(told.toString().stripTrailing());
            throw e;
        }
    }
}
