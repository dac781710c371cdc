package dev.gradine.cli;

import dev.gradine.io.AtomicFiles;
import dev.gradine.io.CheckpointException;
import dev.gradine.merge.MergeConfig;
import dev.gradine.merge.ModelMerge;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine merge-models`: one model folder out of several.
@Command(
        name = "merge-models",
        mixinStandardHelpOptions = true,
        description = {
            "Merge several models into one, by a configuration in mergekit's keys.",
            "Methods: linear, slerp, multislerp, task_arithmetic, ties, dare_ties, dare_linear, della, della_linear,"
                    + " breadcrumbs, breadcrumbs_ties, model_stock, passthrough."
        })
final class MergeModelsCommand implements Runnable {

    @Option(
            names = "--config",
            required = true,
            paramLabel = "FILE",
            description = "YAML file with mergekit's keys; models are folders, relative to the file's own.")
    private Path config = Path.of("");

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write; absent or empty.")
    private Path out = Path.of("");

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed of random masks (dare, della). Default: 0.")
    private long seed;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        AtomicFiles.requireFree(out);
        PrintWriter print = spec.commandLine().getOut();
        if (!(ConfigFile.yaml(config) instanceof Map<?, ?> yaml)) {
            throw new CheckpointException(config, "is no mapping, expected lines such as merge_method: linear");
        }
        MergeConfig how = MergeConfig.read(yaml);
        Path parent = config.toAbsolutePath().getParent();
        try (Kernels kernels = CpuKernels.open()) {
            ModelMerge.write(how, parent == null ? config : parent, seed, out, kernels)
                    .forEach(print::println);
        }
        print.printf("%s of %s in %s%n", how.rule().name(), String.join(", ", how.models()), out);
    }
}
