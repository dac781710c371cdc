package dev.gradine.cli;

import dev.gradine.align.Dpo;
import dev.gradine.data.DataSet;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.Pair;
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
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine dpo`: direct preference optimisation.
@Command(
        name = "dpo",
        mixinStandardHelpOptions = true,
        description = "Align a model with LoRA on pairs of a chosen and a rejected answer.")
final class DpoCommand implements Callable<Integer> {

    @Mixin
    private TrainArgs args = new TrainArgs();

    @Mixin
    private ReferenceArgs reference = new ReferenceArgs();

    @Mixin
    @SuppressWarnings("UnusedVariable") // for --help; the file has been read before the options are
    private ConfigFile.Arg config = new ConfigFile.Arg();

    @Option(
            names = "--lr",
            defaultValue = "5e-5",
            paramLabel = "X",
            description = "Peak learning rate (default ${DEFAULT-VALUE}).")
    private double lr;

    @Option(
            names = "--beta",
            defaultValue = "0.1",
            paramLabel = "X",
            description = "Pull towards the reference, 1/nats (default ${DEFAULT-VALUE}).")
    private float beta;

    @Option(
            names = "--loss",
            defaultValue = "sigmoid",
            paramLabel = "NAME",
            description = "Loss of a pair: sigmoid (default).")
    private String loss = "";

    @Option(
            names = "--no-shared-prompt",
            description = "Read the prompt of a pair once for each answer instead of once for both: slower, the same"
                    + " but for rounding and the masks of --dropout.")
    private boolean repeatPrompt;

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public Integer call() {
        TrainingRun.requireFolder(args.out(), args.resumes());
        Dpo recipe = new Dpo(beta, loss);
        TrainingData data = TrainingData.read(args.data(), args.evalSplit(), args.seed());
        try (LoadedModel m = LoadedModel.forTraining(args.model(), args.device().chosen(), args::watched)) {
            TextCodec codec = m.codecFor(false);
            Encoder<Pair> encoder = recipe.encoder(codec, args.maxLength(), args.batch());
            List<Pair> train = encode(encoder, data.train());
            List<Pair> held = data.held().isEmpty()
                    ? List.of()
                    : encode(encoder, data.held().getFirst());
            AdapterSet adapted = args.adapter().adapt(m, args.seed());
            var batches = ExampleBatches.of(train, args, recipe::tokens);
            TrainSettings settings = args.settings(lr, batches.stepsPerEpoch());
            Map<String, Object> described = args.describe(lr, settings);
            described.put("beta", beta);
            described.put("loss", loss);
            described.put("reference", reference.name(args.adapter()));
            described.put("shared-prompt", !repeatPrompt);
            var all = Stream.concat(train.stream(), held.stream())
                    .map(recipe::sequences)
                    .toList();
            long tokens = train.stream().mapToLong(recipe::tokens).sum();
            m.ready();
            try (var opened = reference.open(args, m, adapted, all, !repeatPrompt)) {
                var plan = new TrainingRun.Plan<>(
                        "dpo",
                        Main.typed(spec),
                        described,
                        new PolicyObjective<>(recipe, args.learner(m, adapted), opened.logProbs(), !repeatPrompt),
                        batches,
                        held,
                        new RunInfo.Data(List.of(args.data().toString()), train.size(), held.size(), tokens));
                Samples samples = new Samples(codec, data.sampleRows(), args.samples());
                return new TrainingRun<>(args, settings, plan, m, adapted, samples)
                        .run(spec.commandLine().getOut());
            }
        }
    }

    private List<Pair> encode(Encoder<Pair> encoder, DataSet rows) {
        return args.encoded(encoder, rows, spec.commandLine().getErr());
    }
}
