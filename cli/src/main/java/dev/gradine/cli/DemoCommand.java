package dev.gradine.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine demo`: fine-tunes, aligns and merges a tiny model that travels with the program.
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = "Fine-tune, align and merge a tiny story model in about a minute; needs nothing else.")
final class DemoCommand implements Callable<Integer> {

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Folder for everything; absent or empty (default: the next free runs/demo-N).")
    private @Nullable Path out;

    @Option(
            names = "--seed",
            defaultValue = "42",
            paramLabel = "N",
            description = "Same seed, same figures (default ${DEFAULT-VALUE}).")
    private int seed;

    @Mixin
    private DeviceArgs device = new DeviceArgs();

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public Integer call() {
        Path folder = out == null ? free() : out;
        var line = spec.commandLine();
        return new Demo(Demo.Plan.FULL, folder, seed, device.chosen(), line.getOut(), line.getErr()).run();
    }

    private static Path free() {
        int n = 1;
        while (Files.exists(Path.of("runs", "demo-" + n))) n++;
        return Path.of("runs", "demo-" + n);
    }
}
