package dev.gradine.cli;

import dev.gradine.cli.gpu.Bundle;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine bundle`: the program with a Java runtime of its own.
@Command(
        name = "bundle",
        mixinStandardHelpOptions = true,
        description = {
            "Write the program, its kernels and a Java runtime to one archive, for Linux hosts without a JDK.",
            "There: tar -xf FILE && gradine/gradine gpu check"
        })
final class BundleCommand implements Runnable {

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "Archive to write, a .tar.xz.")
    private Path out = Path.of("");

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        if (!out.toString().endsWith(".tar.xz")) {
            throw new IllegalArgumentException("--out: " + out + ", expected a name that ends in .tar.xz");
        }
        long bytes = Bundle.write(out, Project.root().resolve(".mvn"), this::tell);
        spec.commandLine().getOut().printf("%s: %.1f MB%n", out, bytes * 1e-6);
        spec.commandLine().getOut().flush();
    }

    private void tell(String line) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("bundle: " + line);
        err.flush();
    }
}
