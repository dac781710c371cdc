package dev.gradine.cli;

import dev.gradine.align.DpoLoss;
import dev.gradine.align.Labelled;
import dev.gradine.align.LabelledPair;
import dev.gradine.align.PairBatch.Prompts;
import dev.gradine.align.PreferenceLoss;
import dev.gradine.data.DataSet;
import dev.gradine.data.encode.PreferenceEncoder;
import dev.gradine.data.encode.PreferenceExample;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.optim.TrainSettings;
import dev.gradine.peft.AdapterSet;
import dev.gradine.train.PreferenceObjective;
import dev.gradine.train.report.RunInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
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
        PreferenceLoss pairLoss = loss();
        Prompts prompts = repeatPrompt ? Prompts.REPEATED : Prompts.SHARED;
        TrainingData data = TrainingData.read(args.data(), args.evalSplit(), args.seed());
        try (LoadedModel m = LoadedModel.forTraining(args)) {
            TextCodec codec = m.codecFor(false);
            PreferenceEncoder encoder = new PreferenceEncoder(codec, args.maxLength());
            List<LabelledPair> train = encode(encoder, data.train(), 0);
            List<LabelledPair> held = data.held().isEmpty()
                    ? List.of()
                    : encode(encoder, data.held().getFirst(), train.size());
            AdapterSet adapted = args.adapter().adapt(m, args.seed());
            var batches = ExampleBatches.of(train, args, LabelledPair::tokens);
            TrainSettings settings = args.settings(lr, batches.stepsPerEpoch());
            Map<String, Object> described = args.describe(lr, settings);
            described.put("beta", beta);
            described.put("loss", loss);
            described.put("reference", reference.name(args.adapter()));
            described.put("shared-prompt", !repeatPrompt);
            List<LabelledPair> all = new ArrayList<>(train);
            all.addAll(held);
            long tokens = train.stream().mapToLong(LabelledPair::tokens).sum();
            m.ready();
            try (var opened = reference.open(args, m, adapted, all, prompts)) {
                var plan = new TrainingRun.Plan<>(
                        "dpo",
                        Main.typed(spec),
                        described,
                        new PreferenceObjective(args.learner(m, adapted), pairLoss, opened.logProbs(), prompts),
                        batches,
                        held,
                        new RunInfo.Data(List.of(args.data().toString()), train.size(), held.size(), tokens));
                Samples samples = new Samples(codec, data.sampleRows(), args.samples());
                return new TrainingRun<>(args, settings, plan, m, adapted, samples)
                        .run(spec.commandLine().getOut());
            }
        }
    }

    private PreferenceLoss loss() {
        if (loss.equals("sigmoid")) return new DpoLoss(beta);
        throw new IllegalArgumentException("--loss: \"%s\", expected \"sigmoid\"".formatted(loss));
    }

    private List<LabelledPair> encode(PreferenceEncoder encoder, DataSet rows, int firstRow) {
        List<LabelledPair> all = new ArrayList<>();
        for (PreferenceExample e : encoder.encode(rows).examples()) {
            all.add(labelled(firstRow + all.size(), e));
        }
        args.reportLeftOut(
                rows, all.size(), "no room for an answer", spec.commandLine().getErr());
        return all;
    }

    /// The pair as it is trained and evaluated.
    static LabelledPair labelled(int row, PreferenceExample e) {
        return new LabelledPair(row, answer(e.prompt(), e.chosen()), answer(e.prompt(), e.rejected()));
    }

    private static Labelled answer(int[] prompt, int[] completion) {
        int[] ids =
                IntStream.concat(IntStream.of(prompt), IntStream.of(completion)).toArray();
        return Labelled.completion(ids, prompt.length);
    }
}
