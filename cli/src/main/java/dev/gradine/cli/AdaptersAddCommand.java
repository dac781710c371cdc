package dev.gradine.cli;

import dev.gradine.io.AtomicFiles;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Calibration;
import dev.gradine.tensor.DType;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine adapters add`: a fresh adapter of a model, untrained, as PEFT's `add_adapter` makes one.
@Command(
        name = "add",
        mixinStandardHelpOptions = true,
        description = "Write a fresh adapter of a model, to be trained later with --init-adapter.")
final class AdaptersAddCommand implements Runnable {

    private final AdapterArgs adapter = new AdapterArgs(List.of());

    @Mixin
    private ModelFileArgs model = new ModelFileArgs();

    @Option(
            names = "--seed",
            defaultValue = "42",
            paramLabel = "N",
            description = "Seed of what is drawn (default 42).")
    private long seed = 42;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write; absent or empty.")
    private Path out = Path.of("");

    @Mixin
    private PlaceArgs place = new PlaceArgs();

    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Spec
    @SuppressWarnings("UnusedMethod") // picocli calls it
    private void add(CommandSpec command) {
        spec = command;
        adapter.addTo(command);
    }

    @Override
    public void run() {
        AtomicFiles.requireFree(out);
        if (!adapter.origin().isEmpty()) {
            throw new IllegalArgumentException(
                    "--init-adapter is for training, expected a fresh adapter's --adapter NAME");
        }
        PrintWriter print = spec.commandLine().getOut();
        try (LoadedModel m =
                new LoadedModel(model.path(), place.chosen(DType.F32)::open, List.of(), adapter.copies())) {
            m.open().notes().forEach(place::tell);
            AdapterSet fresh = adapter.adapt(m, seed, Calibration.NONE, place::tell);
            AdapterFolder.save(fresh, out, model.path().toString(), m.run());
            print.printf(
                    "%s on %d modules, %,d values, in %s%n",
                    fresh.method().name(), fresh.adapters().size(), fresh.trainedValues(), out);
        }
        print.flush();
    }
}
