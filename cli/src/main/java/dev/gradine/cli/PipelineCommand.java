package dev.gradine.cli;

import dev.gradine.cli.pipeline.Pipeline;
import dev.gradine.cli.pipeline.PipelineFile;
import dev.gradine.cli.pipeline.PipelineRecipes;
import dev.gradine.cli.pipeline.PipelineRun;
import dev.gradine.cli.pipeline.StageKind;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine pipeline`: training, judging and what follows from it, as one file.
@Command(
        name = "pipeline",
        mixinStandardHelpOptions = true,
        description = {
            "Run stages from one file: train, evaluate, judge, learn from what was judged worst, for several rounds.",
            "What has been done is not done again: a stage is found by the hash of its options and of what it reads."
        })
final class PipelineCommand implements Callable<Integer> {

    @Option(names = "--config", paramLabel = "FILE", description = "The pipeline, in YAML (see docs/pipeline.md).")
    private @Nullable Path config;

    @Option(
            names = "--recipe",
            paramLabel = "NAME",
            description = "A pipeline that comes with the program: dora-nf4, too-safe, medical or stories.")
    private @Nullable String recipe;

    @Option(names = "--set", paramLabel = "NAME=VALUE", description = "Value of a variable of the pipeline; several.")
    private Map<String, String> set = new LinkedHashMap<>();

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "Folder for all stages; the same folder again goes on there.")
    private Path out = Path.of("");

    @Option(names = "--dry-run", description = "Say what would be run, and what it needs, and run nothing.")
    private boolean dryRun;

    @Option(
            names = "--from",
            paramLabel = "STAGE",
            defaultValue = "",
            description = "Begin at this stage; those before it must have finished.")
    private String from = "";

    @Option(names = "--until", paramLabel = "STAGE", defaultValue = "", description = "End behind this stage.")
    private String until = "";

    @Option(names = "--rounds", paramLabel = "N", description = "Rounds in place of those the file says.")
    private @Nullable Integer rounds;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public Integer call() {
        if ((config == null) == (recipe == null)) {
            throw new IllegalArgumentException("--config and --recipe: expected one of them");
        }
        PrintWriter print = spec.commandLine().getOut();
        StageCommands commands =
                new StageCommands(System.getenv(), spec.commandLine().getErr());
        PipelineRun run = new PipelineRun(out, commands, line -> CommandHost.say(spec, line), this::print);
        Pipeline pipeline = pipeline();
        if (dryRun) {
            run.planned(pipeline).forEach(print::println);
            print.flush();
            return 0;
        }
        PipelineRun.Result result = run.run(pipeline, new PipelineRun.Part(from, until));
        result.lines().forEach(print::println);
        print.flush();
        return result.code();
    }

    private void print(String text) {
        PrintWriter print = spec.commandLine().getOut();
        print.print(text);
        print.flush();
    }

    private Pipeline pipeline() {
        List<StageKind> kinds =
                StageKind.all(Recipes.all().stream().map(r -> r.about().name()).toList());
        Pipeline read = config != null
                ? PipelineFile.parse(config.toString(), text(config), set, kinds)
                : PipelineFile.parse("recipe " + recipe, PipelineRecipes.text(String.valueOf(recipe)), set, kinds);
        return rounds == null ? read : read.with(read.rounds().times(rounds));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
