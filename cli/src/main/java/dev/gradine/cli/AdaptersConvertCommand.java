package dev.gradine.cli;

import dev.gradine.export.PeftExport;
import dev.gradine.io.AtomicFiles;
import dev.gradine.peft.AdapterDistance;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.LoraConversion;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine adapters convert`: any adapter as a plain LoRA of a given rank.
@Command(
        name = "convert",
        mixinStandardHelpOptions = true,
        description = "Make a plain LoRA of any adapter that can be merged, and print the error of each module.")
final class AdaptersConvertCommand implements Runnable {

    @Mixin
    private ModelArgs model = new ModelArgs();

    @Mixin
    private LogitBound bound = new LogitBound();

    @Option(names = "--rank", required = true, paramLabel = "R", description = "Rank of the LoRA.")
    private int rank;

    @Option(
            names = "--max-error",
            defaultValue = "0.1",
            paramLabel = "X",
            description = "Write nothing if the error of all modules together is larger: a share of what the adapter"
                    + " adds to the weights (default ${DEFAULT-VALUE}).")
    private double maxError = 0.1;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write; absent or empty.")
    private Path out = Path.of("");

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        AtomicFiles.requireFree(out);
        PrintWriter print = spec.commandLine().getOut();
        try (LoadedModel m = model.open()) {
            AdapterSet set = model.adapt(m);
            AdapterSet made = LoraConversion.of(set, rank, m.run());
            List<AdapterDistance> each = AdapterDistance.between(set, made, m.run());
            AdaptersDiffCommand.distances(each, print);
            double logits = PromptCheck.difference(m.model(), set, made, m.run());
            print.printf("logits of %d tokens: at most %.2e away%n", PromptCheck.TOKENS, logits);
            print.flush();
            double error = AdapterDistance.total(each).relative();
            if (!(error <= maxError)) {
                throw new IllegalArgumentException(
                        "convert: the error is %.2e, expected at most %s (--max-error); a higher --rank lowers it"
                                .formatted(error, maxError));
            }
            bound.require("convert", logits, Double.MAX_VALUE);
            PeftExport.write(made, model.model().toString(), out, m.run());
            print.println("adapter in " + out);
        }
        print.flush();
    }
}
