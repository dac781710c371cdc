package dev.gradine.cli;

import dev.gradine.align.Recipe;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.models.Models;
import dev.gradine.train.TrainingData;
import dev.gradine.train.preview.DataPreview;
import dev.gradine.train.preview.PreviewPage;
import dev.gradine.train.preview.PreviewText;
import java.io.Console;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine data show`: the rows of a data set as tokens, and what would become of them.
@Command(
        name = "show",
        mixinStandardHelpOptions = true,
        description = "Show the first rows as tokens, those that are learnt in colour; lengths; rows that would be cut"
                + " or left out; duplicates.")
final class DataShowCommand implements Runnable {

    @Option(
            names = "--data",
            required = true,
            arity = "1..*",
            split = ",",
            paramLabel = "FILE",
            description = "Data set, or several, as for training.")
    private List<Path> data = List.of();

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR|FILE",
            description = "Model whose tokenizer and chat template read the rows.")
    private Path model = Path.of("");

    @Option(
            names = "--chat-template",
            paramLabel = "NAME|FILE",
            description = "Chat template in place of the model's own.")
    private String chatTemplate = "";

    @Option(
            names = "--objective",
            paramLabel = "NAME",
            description = "Training command the rows are for (default sft).")
    private String objective = "sft";

    @Option(names = "--max-length", paramLabel = "TOKENS", description = "Longer examples are cut (default 1024).")
    private int maxLength = 1024;

    @Option(names = "--rows", paramLabel = "N", description = "Rows of each file to show (default 3).")
    private int rows = 3;

    @Option(
            names = "--eval-split",
            paramLabel = "X",
            description = "Share of the rows held out; those that are trained on, too, are listed.")
    private double evalSplit;

    @Option(names = "--seed", paramLabel = "N", description = "Of the split (default 42).")
    private long seed = 42;

    @Option(names = "--html", paramLabel = "FILE", description = "Write a page as well.")
    private @Nullable Path html;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        Recipe<?> recipe = recipe();
        TextCodec codec = Models.text(model, chatTemplate);
        TrainingData read = TrainingData.read(data, evalSplit, seed);
        DataPreview preview = DataPreview.of(recipe, codec, read, maxLength, rows);
        PrintWriter out = spec.commandLine().getOut();
        out.print(PreviewText.of(preview, hasTerminal()));
        out.flush();
        if (html == null) return;
        String names = data.stream().map(d -> String.valueOf(d.getFileName())).collect(Collectors.joining(", "));
        PreviewPage.write(html, "%s for %s".formatted(names, objective), preview);
        out.println("page in " + html);
    }

    @SuppressWarnings("SystemConsoleNull") // it is null again since JDK 25, where nobody sits at the terminal
    private static boolean hasTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    private Recipe<?> recipe() {
        return Recipes.all().stream()
                .filter(r -> r.about().name().equals(objective))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("--objective: \"%s\", expected one of %s"
                        .formatted(
                                objective,
                                Recipes.all().stream()
                                        .map(r -> r.about().name())
                                        .collect(Collectors.joining(", ")))));
    }
}
