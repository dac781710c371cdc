package dev.gradine.cli;

import dev.gradine.align.Labelled;
import dev.gradine.data.DataSet;
import dev.gradine.data.Row;
import dev.gradine.data.encode.Mask;
import dev.gradine.data.encode.SftEncoder;
import dev.gradine.data.encode.SftExample;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.optim.TrainSettings;
import dev.gradine.peft.AdapterSet;
import dev.gradine.train.SftObjective;
import dev.gradine.train.report.RunInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `gradine sft`: supervised fine-tuning.
@Command(
        name = "sft",
        mixinStandardHelpOptions = true,
        description = "Fine-tune a model with LoRA on texts, conversations or prompts with answers.")
final class SftCommand implements Callable<Integer>, ConfigFile.Reader {

    @Mixin
    private TrainOptions args = new TrainOptions(2e-4);

    private final RecordOptions<SftSettings> sft = new RecordOptions<>("Objective", SftSettings.defaults());

    @Spec
    @SuppressWarnings("UnusedMethod") // picocli calls it
    private void add(CommandSpec command) {
        spec = command;
        sft.addTo(command);
    }

    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public Integer call() {
        args.check();
        RunFiles files = args.files();
        BatchSettings batching = args.batches();
        TrainingRun.requireFolder(files.out(), files.resume());
        SftSettings how = sft.read();
        Mask mask = how.mask();
        TrainingData data = TrainingData.read(files.data(), batching.evalSplit(), args.seed());
        try (LoadedModel m = LoadedModel.forTraining(args)) {
            TextCodec codec = m.codecFor(data.train().rows().getFirst() instanceof Row.Tokens);
            SftEncoder encoder = new SftEncoder(codec, mask, batching.maxLength());
            List<Labelled> train = encode(encoder, data.train());
            List<Labelled> held = data.held().isEmpty()
                    ? List.of()
                    : encode(encoder, data.held().getFirst());
            AdapterSet adapted = args.adapter().adapt(m, args.seed());
            var batches = ExampleBatches.of(train, args, Labelled::tokens);
            TrainSettings settings = args.settings(batches.stepsPerEpoch());
            Map<String, Object> described = args.describe(settings);
            described.putAll(sft.decisive(how));
            long tokens = train.stream().mapToLong(Labelled::tokens).sum();
            var plan = new TrainingRun.Plan<>(
                    "sft",
                    Main.typed(spec),
                    described,
                    new SftObjective(args.learner(m, adapted)),
                    batches,
                    held,
                    new RunInfo.Data(List.of(files.data().toString()), train.size(), held.size(), tokens));
            Samples samples = new Samples(codec, data.sampleRows(), files.samples());
            m.ready();
            return new TrainingRun<>(args, settings, plan, m, adapted, samples)
                    .run(spec.commandLine().getOut());
        }
    }

    private List<Labelled> encode(SftEncoder encoder, DataSet rows) {
        List<Labelled> all = new ArrayList<>();
        for (SftExample e : encoder.encode(rows).examples()) {
            Labelled example = new Labelled(e.ids(), e.labels());
            if (example.predicted() > 0) all.add(example); // the first token is predicted from nothing
        }
        args.reportLeftOut(
                rows, all.size(), "nothing to learn", spec.commandLine().getErr());
        return all;
    }
}
