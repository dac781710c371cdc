package dev.gradine.cli;

import dev.gradine.export.FolderFormat;
import dev.gradine.export.MergedModel;
import dev.gradine.io.AtomicFiles;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine merge`: one model folder out of a model and its adapter.
@Command(
        name = "merge",
        mixinStandardHelpOptions = true,
        description = "Write a Hugging Face model folder with the adapter merged into the weights.")
final class MergeCommand implements Runnable, ConfigFile.Reader {

    @Mixin
    private MergeArgs model = new MergeArgs();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write; absent or empty.")
    private Path out = Path.of("");

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        FolderFormat format = model.format();
        AtomicFiles.requireFree(out);
        try (LoadedModel m = model.open()) {
            MergedModel.write(m.open(), model.adapt(m), out, format)
                    .forEach(spec.commandLine().getOut()::println);
        }
        spec.commandLine().getOut().println("merged model in " + out);
    }
}
