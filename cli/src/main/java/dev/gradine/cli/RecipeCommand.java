package dev.gradine.cli;

import dev.gradine.align.Recipe;
import dev.gradine.align.ReferenceUse;
import dev.gradine.nn.Labels;
import dev.gradine.peft.AdapterSet;
import dev.gradine.peft.Calibration;
import dev.gradine.train.ReferenceSettings;
import dev.gradine.train.Run;
import dev.gradine.train.RunResult;
import dev.gradine.train.TrainingData;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Spec;

/// A training command: `gradine sft`, `gradine dpo` and so on, one for each recipe, whose components are its options.
@Command(mixinStandardHelpOptions = true)
final class RecipeCommand<E> implements Callable<Integer>, ConfigFile.Reader {

    private final Recipe.About about;
    private final RecordOptions<Record> options;
    private final RecordOptions<ReferenceSettings> comparison =
            new RecordOptions<>("Reference", ReferenceSettings.defaults());
    private final boolean compares;

    /// Asks for what is explained alone: options that a run must have are not missed.
    private final OptionSpec explain = OptionSpec.builder("--explain")
            .type(Boolean.class)
            .arity("0")
            .help(true)
            .description("Print the numbers of a run with range, reason and source of each, and do no more.")
            .build();

    @Mixin
    private TrainOptions args;

    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    private RecipeCommand(Recipe<E> defaults) {
        about = defaults.about();
        options = new RecordOptions<>("Objective", (Record) defaults);
        compares = defaults.reference() != ReferenceUse.NONE;
        args = new TrainOptions(about.lr(), options.names());
    }

    /// The command of a recipe.
    ///
    /// @param defaults what holds where nothing is typed
    static CommandLine of(Recipe<?> defaults) {
        CommandLine line = new CommandLine(new RecipeCommand<>(defaults));
        line.getCommandSpec().name(defaults.about().name());
        line.getCommandSpec().usageMessage().description(defaults.about().does());
        return line;
    }

    @Spec
    @SuppressWarnings("UnusedMethod") // picocli calls it
    private void add(CommandSpec command) {
        spec = command;
        options.addTo(command);
        if (compares) comparison.addTo(command);
        command.addOption(explain);
    }

    @Override
    public Integer call() {
        Recipe<E> recipe = read();
        Explanation explanation = args.explained(options.explained(), recipe);
        if (explain.getValue() != null) return Explanation.print(explanation, spec);
        args.check();
        Run<E> run = Run.of(recipe, args.settings(comparison.read()));
        if (run.hasFinished()) {
            CommandHost.say(
                    spec,
                    "--resume auto: the run in %s has finished; nothing is to be done"
                            .formatted(args.files().out()));
            return 0;
        }
        run.requireFolder();
        TrainingData data = run.read();
        try (LoadedModel m = LoadedModel.forTraining(args, labels(run, data))) {
            List<String> remarks = args.files().isFresh() ? explanation.warnings() : List.of(); // who resumes was told
            CommandHost host = new CommandHost(spec, args, m, remarks);
            Calibration rows = run.calibration(m.open(), data, host);
            AdapterSet adapted = args.adapter().adapt(m, args.seed(), rows, args.device()::tell);
            RunResult result = run.train(m.open(), adapted, data, host);
            PrintWriter out = spec.commandLine().getOut();
            RunSummary.print(result, out);
            if (args.files().profile()) out.printf("%n%s", args.profile().table());
            out.flush();
            return result.finished() ? 0 : 130;
        }
    }

    /// What the head that is trained tells: as the adapter to go on with has it, or as the rows do.
    private List<Labels> labels(Run<E> run, TrainingData data) {
        List<Labels> ofRows = run.labels(data);
        List<Labels> begun = ofRows.isEmpty() ? ofRows : args.adapter().labels();
        for (Labels l : begun) l.requireTake(ofRows.getFirst(), "the adapter");
        return begun.isEmpty() ? ofRows : begun;
    }

    @SuppressWarnings("unchecked") // a record of the same class as the defaults
    private Recipe<E> read() {
        return (Recipe<E>) options.read();
    }
}
