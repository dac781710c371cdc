package dev.gradine.cli;

import dev.gradine.io.TensorInfo;
import dev.gradine.io.WeightFile;
import dev.gradine.peft.AdapterFolder;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `gradine inspect`: what is in a weight file.
@Command(
        name = "inspect",
        mixinStandardHelpOptions = true,
        description = "Say what a model or adapter is: architecture and sizes, tokenizer, chat template, tensors.")
final class InspectCommand implements Runnable {

    @Parameters(paramLabel = "DIR|FILE", description = "Model folder or file, or adapter folder.")
    private Path path = Path.of("");

    @Option(names = "--all", description = "List every tensor, not just the first twenty.")
    private boolean all;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        PrintWriter print = spec.commandLine().getOut();
        boolean adapter = Files.exists(path.resolve(AdapterFolder.CONFIG));
        Path weights = adapter ? path.resolve(AdapterFolder.WEIGHTS) : path;
        try (Arena arena = Arena.ofConfined()) {
            WeightFile file = WeightFile.open(weights, arena);
            print.printf("%s: %s, %,d parameters%n", file.path(), file.format(), file.parameters());
            if (adapter) AdapterSummary.lines(path, file).forEach(print::println);
            Map<String, Long> types = new TreeMap<>();
            long bytes = 0;
            for (TensorInfo t : file.tensors()) {
                types.merge(t.dtype(), 1L, Long::sum);
                bytes += t.bytes();
            }
            print.printf("%d tensors, %,d bytes, types %s%n", file.tensors().size(), bytes, types);
            if (!adapter) ModelInspection.of(file).forEach(print::println);
            int shown = all ? Integer.MAX_VALUE : 20;
            file.tensors().stream()
                    .limit(shown)
                    .forEach(t -> print.printf("  %-60s %-5s %s%n", t.name(), t.dtype(), t.shape()));
            if (file.tensors().size() > shown)
                print.printf("  … %d more%n", file.tensors().size() - shown);
        }
        print.flush();
    }
}
