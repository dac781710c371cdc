package dev.gradine.cli;

import dev.gradine.io.WeightFile;
import dev.gradine.peft.AdapterFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `gradine adapters list`: what adapters there are in folders.
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        description = "Say what adapters there are: method and rank, targets, parameters, size on disk.")
final class AdaptersListCommand implements Runnable {

    @Parameters(paramLabel = "DIR", arity = "1..*", description = "An adapter's folder, or a folder of such folders.")
    private List<Path> folders = new ArrayList<>();

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        PrintWriter print = spec.commandLine().getOut();
        for (Path folder : folders) {
            for (Path adapter : adapters(folder)) {
                print.println(adapter);
                lines(adapter).forEach(line -> print.println("  " + line));
            }
        }
        print.flush();
    }

    private static List<Path> adapters(Path folder) {
        if (isAdapter(folder)) return List.of(folder);
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException(
                    folder + ": no such folder, expected an adapter or a folder of adapters");
        }
        try (Stream<Path> inside = Files.list(folder)) {
            List<Path> all =
                    inside.filter(AdaptersListCommand::isAdapter).sorted().toList();
            if (!all.isEmpty()) return all;
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": cannot be listed", e);
        }
        throw new IllegalArgumentException(
                "%s: no adapter in it, expected one or folders with a %s".formatted(folder, AdapterFolder.CONFIG));
    }

    private static boolean isAdapter(Path folder) {
        return Files.exists(folder.resolve(AdapterFolder.CONFIG));
    }

    private static List<String> lines(Path folder) {
        Path weights = folder.resolve(AdapterFolder.WEIGHTS);
        try (Arena arena = Arena.ofConfined()) {
            List<String> lines = new ArrayList<>(AdapterSummary.lines(folder, WeightFile.open(weights, arena)));
            lines.add("on disk: %,d bytes".formatted(Files.size(weights)));
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException(weights + ": cannot be read", e);
        }
    }
}
