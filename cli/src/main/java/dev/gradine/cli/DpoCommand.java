package dev.gradine.cli;

import dev.gradine.align.Labelled;
import dev.gradine.align.LabelledPair;
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
import picocli.CommandLine.Spec;

/// `gradine dpo`: direct preference optimisation.
@Command(
        name = "dpo",
        mixinStandardHelpOptions = true,
        description = "Align a model with LoRA on pairs of a chosen and a rejected answer.")
final class DpoCommand implements Callable<Integer>, ConfigFile.Reader {

    @Mixin
    private TrainOptions args = new TrainOptions(5e-5);

    private final RecordOptions<DpoSettings> dpo = new RecordOptions<>("Objective", DpoSettings.defaults());

    @Spec
    @SuppressWarnings("UnusedMethod") // picocli calls it
    private void add(CommandSpec command) {
        spec = command;
        dpo.addTo(command);
    }

    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public Integer call() {
        args.check();
        RunFiles files = args.files();
        BatchSettings batching = args.batches();
        TrainingRun.requireFolder(files.out(), files.resume());
        DpoSettings how = dpo.read();
        Reference reference = Reference.of(how, args);
        PreferenceLoss pairLoss = how.pairLoss();
        TrainingData data = TrainingData.read(files.data(), batching.evalSplit(), args.seed());
        try (LoadedModel m = LoadedModel.forTraining(args)) {
            TextCodec codec = m.codecFor(false);
            PreferenceEncoder encoder = new PreferenceEncoder(codec, batching.maxLength());
            List<LabelledPair> train = encode(encoder, data.train(), 0);
            List<LabelledPair> held = data.held().isEmpty()
                    ? List.of()
                    : encode(encoder, data.held().getFirst(), train.size());
            AdapterSet adapted = args.adapter().adapt(m, args.seed());
            var batches = ExampleBatches.of(train, args, LabelledPair::tokens);
            TrainSettings settings = args.settings(batches.stepsPerEpoch());
            Map<String, Object> described = args.describe(settings);
            described.putAll(dpo.decisive(how.with(reference.name())));
            List<LabelledPair> all = new ArrayList<>(train);
            all.addAll(held);
            long tokens = train.stream().mapToLong(LabelledPair::tokens).sum();
            m.ready();
            try (var opened = reference.open(m, adapted, all)) {
                var plan = new TrainingRun.Plan<>(
                        "dpo",
                        Main.typed(spec),
                        described,
                        new PreferenceObjective(args.learner(m, adapted), pairLoss, opened.logProbs(), how.prompts()),
                        batches,
                        held,
                        new RunInfo.Data(List.of(files.data().toString()), train.size(), held.size(), tokens));
                Samples samples = new Samples(codec, data.sampleRows(), files.samples());
                return new TrainingRun<>(args, settings, plan, m, adapted, samples)
                        .run(spec.commandLine().getOut());
            }
        }
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
