package dev.gradine.cli;

import dev.gradine.data.DataSet;
import dev.gradine.data.encode.Encoder;
import dev.gradine.nn.Policy;
import dev.gradine.optim.Optimizer;
import dev.gradine.optim.TrainSettings;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.profile.Profile;
import dev.gradine.train.Learner;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// Options that all training commands share, each a component of a record.
@Command // for picocli, which takes no other class whose options are added by hand
final class TrainOptions {

    private final RecordOptions<RunFiles> files = new RecordOptions<>("Run", RunFiles.defaults());
    private final RecordOptions<BatchSettings> batches = new RecordOptions<>("Data", BatchSettings.defaults());
    private final RecordOptions<TrainSettings> train;
    private final ChoiceOptions optimizer;

    private final AdapterArgs adapter = new AdapterArgs();

    @Mixin
    private DeviceArgs device = new DeviceArgs();

    @Mixin
    private QuantizeArgs quantize = new QuantizeArgs();

    private final Profile profile = new Profile(2);

    /// @param lr peak learning rate where none is given
    TrainOptions(double lr) {
        train = new RecordOptions<>("Training", TrainSettings.defaults(lr));
        SequencedMap<String, Record> optimizers = new LinkedHashMap<>();
        for (Optimizer.Settings s : Optimizer.Settings.all()) optimizers.put(s.name(), (Record) s);
        optimizer = new ChoiceOptions("Optimiser", "optimizer", "How parameters follow their gradients", optimizers);
    }

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("UnusedMethod") // picocli calls it
    private void addOptions(CommandSpec command) {
        files.addTo(command);
        batches.addTo(command);
        train.addTo(command);
        optimizer.addTo(command);
        adapter.addTo(command);
    }

    /// Reads every record once, so that a mistake is told before anything slow happens.
    ///
    /// @throws IllegalArgumentException if a number is out of range or two options contradict each other
    void check() {
        files();
        settings(1);
    }

    RunFiles files() {
        return files.read();
    }

    BatchSettings batches() {
        return batches.read();
    }

    DeviceArgs device() {
        return device;
    }

    QuantizeArgs quantize() {
        return quantize;
    }

    AdapterArgs adapter() {
        return adapter;
    }

    long seed() {
        return train.read().seed();
    }

    /// Examples of one optimisation step.
    int perStep() {
        return Math.multiplyExact(batches().batch(), train.read().accumulate());
    }

    /// The model with the adapters that are trained.
    Learner learner(LoadedModel m, AdapterSet adapted) {
        return new Learner(new Policy(m.model(), adapted), batches().gradientCheckpointing());
    }

    /// The device, seen by the profile where one is asked for.
    Kernels watched(Kernels run) {
        return files().profile() ? profile.watch(run) : run;
    }

    /// Empty unless a profile is asked for.
    Profile profile() {
        return profile;
    }

    /// @param perEpoch optimisation steps of one pass over the data
    /// @throws IllegalArgumentException if a number is out of range or two options contradict each other
    TrainSettings settings(int perEpoch) {
        return train.read().with(batches().count(perEpoch), (Optimizer.Settings) optimizer.read());
    }

    /// The examples of all rows that are of use; says how many are not.
    <E> List<E> encoded(Encoder<E> encoder, DataSet rows, PrintWriter err) {
        List<E> examples = encoder.encode(rows).examples();
        if (examples.size() == rows.size()) return examples;
        err.printf(
                "gradine: %d of %d rows left out: %s within %d tokens%n",
                rows.size() - examples.size(), rows.size(), encoder.leftOut(), encoder.maxLength());
        err.flush();
        return examples;
    }

    /// What decides the result of a run, for its report and for resuming.
    Map<String, Object> describe(TrainSettings settings) {
        Map<String, Object> m = new LinkedHashMap<>(files.decisive(files()));
        adapter.describe(m);
        m.putAll(batches.decisive(batches().counted(settings.steps())));
        m.putAll(train.decisive(settings));
        m.putAll(optimizer.decisive());
        device.describe(m);
        quantize.describe(m);
        return m;
    }
}
