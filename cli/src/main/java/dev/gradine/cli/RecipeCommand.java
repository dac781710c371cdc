package dev.gradine.cli;

import dev.gradine.align.Recipe;
import dev.gradine.data.DataSet;
import dev.gradine.data.Row;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.Labelled;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.optim.TrainSettings;
import dev.gradine.peft.AdapterSet;
import dev.gradine.train.PolicyObjective;
import dev.gradine.train.report.RunInfo;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import picocli.CommandLine;

/// A training command: `gradine sft`, `gradine dpo` and so on, one for each recipe, whose components are its options.
@Command(mixinStandardHelpOptions = true)
final class RecipeCommand<E> implements Callable<Integer>, ConfigFile.Reader {

    private final Recipe.About about;
    private final RecordOptions<Record> options;
    private final RecordOptions<ReferenceSettings> comparison =
            new RecordOptions<>("Reference", ReferenceSettings.defaults());
    private final boolean compares;

    @Mixin
    private TrainOptions args;

    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    private RecipeCommand(Recipe<E> defaults) {
        about = defaults.about();
        options = new RecordOptions<>("Objective", (Record) defaults);
        compares = defaults.needsReference();
        args = new TrainOptions(about.lr());
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
    }

    @Override
    public Integer call() {
        args.check();
        TrainingRun.requireFolder(args.files().out(), args.files().resume());
        Recipe<E> recipe = read();
        Reference reference = Reference.of(comparison.read(), args);
        TrainingData data =
                TrainingData.read(args.files().data(), args.batches().evalSplit(), args.seed());
        try (LoadedModel m = LoadedModel.forTraining(args)) {
            TextCodec codec = m.codecFor(data.train().rows().getFirst() instanceof Row.Tokens);
            List<E> train = encode(recipe, codec, data.train());
            List<E> held = data.held().isEmpty()
                    ? List.of()
                    : encode(recipe, codec, data.held().getFirst());
            AdapterSet adapted = args.adapter().adapt(m, args.seed());
            m.ready();
            try (var opened = compares ? reference.open(m, adapted, read(recipe, train, held)) : Reference.NONE) {
                var objective = new PolicyObjective<>(
                        recipe,
                        args.learner(m, adapted),
                        opened.logProbs(),
                        reference.settings().sharedPrompt());
                var batches = ExampleBatches.of(train, args, recipe::tokens);
                TrainSettings settings = args.settings(batches.stepsPerEpoch());
                var plan = new TrainingRun.Plan<>(
                        about.name(),
                        about.title(),
                        Main.typed(spec),
                        describe(settings, recipe, reference),
                        objective,
                        batches,
                        held,
                        source(recipe, train, held));
                Samples samples =
                        new Samples(codec, data.sampleRows(), args.files().samples());
                return new TrainingRun<>(args, settings, plan, m, adapted, samples)
                        .run(spec.commandLine().getOut());
            }
        }
    }

    @SuppressWarnings("unchecked") // a record of the same class as the defaults
    private Recipe<E> read() {
        return (Recipe<E>) options.read();
    }

    private List<E> encode(Recipe<E> recipe, TextCodec codec, DataSet rows) {
        BatchSettings batching = args.batches();
        Encoder<E> encoder = recipe.encoder(codec, batching.maxLength(), batching.batch());
        return args.encoded(encoder, rows, spec.commandLine().getErr());
    }

    /// All that is read, for a reference that is computed before training.
    private static <E> List<List<Labelled>> read(Recipe<E> recipe, List<E> train, List<E> held) {
        return Stream.concat(train.stream(), held.stream())
                .map(recipe::sequences)
                .toList();
    }

    private Map<String, Object> describe(TrainSettings settings, Recipe<E> recipe, Reference reference) {
        Map<String, Object> described = args.describe(settings);
        described.putAll(options.decisive((Record) recipe));
        if (compares) described.putAll(comparison.decisive(reference.settings().with(reference.name())));
        return described;
    }

    private RunInfo.Data source(Recipe<E> recipe, List<E> train, List<E> held) {
        long tokens = train.stream().mapToLong(recipe::tokens).sum();
        return new RunInfo.Data(List.of(args.files().data().toString()), train.size(), held.size(), tokens);
    }
}
