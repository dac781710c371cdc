package dev.gradine.cli;

import dev.gradine.data.token.MoreTokens;
import dev.gradine.export.GrownModel;
import dev.gradine.io.AtomicFiles;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine add-tokens`: a model folder with more tokens, to train their rows over it.
@Command(
        name = "add-tokens",
        mixinStandardHelpOptions = true,
        description = {
            "Write a model with more tokens: in its tokenizer, its embedding and its head. A new row is the mean of"
                    + " the old ones; a table with room for the tokens stays as it is.",
            "Train their rows over the new folder with --trainable-token-indices IDS or --modules-to-save"
                    + " embed_tokens,lm_head; transformers and PEFT load folder and adapter."
        })
final class AddTokensCommand implements Runnable {

    @Option(names = "--model", required = true, paramLabel = "DIR", description = "Folder of the model.")
    private Path model = Path.of("");

    @Option(
            names = "--tokens",
            split = ",",
            paramLabel = "TEXT",
            description = "Ordinary tokens to add, separated by commas.")
    private List<String> tokens = List.of();

    @Option(
            names = "--special-tokens",
            split = ",",
            paramLabel = "TEXT",
            description = "Marks to add, such as <|tool|>, separated by commas; they leave no text when decoded.")
    private List<String> specialTokens = List.of();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Folder to write; absent or empty.")
    private Path out = Path.of("");

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        AtomicFiles.requireFree(out);
        var more = new MoreTokens(tokens, specialTokens);
        try (Kernels run = CpuKernels.open();
                OpenModel m = Models.open(model, run)) {
            report(GrownModel.write(m, more, out), m.model().vocabSize());
        }
    }

    private void report(Map<String, Integer> ids, int before) {
        PrintWriter print = spec.commandLine().getOut();
        ids.forEach((token, id) -> print.printf("%d  %s%n", id, token));
        int rows = Math.max(
                before, ids.values().stream().mapToInt(id -> id + 1).max().orElse(0));
        print.printf(
                "%s; model in %s%n",
                rows == before ? "no new rows, the table has " + before : "rows " + before + " → " + rows, out);
        print.printf(
                "train the new rows with --trainable-token-indices %s%n",
                ids.values().stream().map(String::valueOf).collect(Collectors.joining(",")));
    }
}
