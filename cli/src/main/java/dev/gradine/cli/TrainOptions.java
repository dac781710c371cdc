package dev.gradine.cli;

import dev.gradine.align.Recipe;
import dev.gradine.optim.Optimizer;
import dev.gradine.optim.Schedule;
import dev.gradine.optim.TrainSettings;
import dev.gradine.peft.Method;
import dev.gradine.settings.Explained;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.profile.Profile;
import dev.gradine.train.BatchSettings;
import dev.gradine.train.ReferenceSettings;
import dev.gradine.train.RunFiles;
import dev.gradine.train.RunSettings;
import dev.gradine.train.Unattended;
import dev.gradine.train.track.Trackers;
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
    private final RecordOptions<Unattended> unattended = new RecordOptions<>("Training", Unattended.defaults());
    private final RecordOptions<Trackers> trackers = new RecordOptions<>("Output", Trackers.defaults());
    private final ChoiceOptions schedule;
    private final ChoiceOptions optimizer;

    private final AdapterArgs adapter;

    @Mixin
    private DeviceArgs device = new DeviceArgs();

    @Mixin
    private QuantizeArgs quantize = new QuantizeArgs();

    private final Profile profile = new Profile(2);

    /// @param lr peak learning rate where none is given
    /// @param taken names of the objective's options
    TrainOptions(double lr, List<String> taken) {
        train = new RecordOptions<>("Training", TrainSettings.defaults(lr));
        schedule = schedules(taken);
        optimizer = optimizers(taken);
        adapter = new AdapterArgs(taken);
    }

    /// The schedules there are, with their options.
    private static ChoiceOptions schedules(List<String> taken) {
        SequencedMap<String, Record> all = new LinkedHashMap<>();
        for (Schedule s : Schedule.all()) all.put(s.name(), (Record) s);
        return new ChoiceOptions("Schedule", "schedule", "Learning rate after warm-up", all, taken);
    }

    /// The optimisers there are, with their options.
    ///
    /// @param taken names of options that mean something else here
    static ChoiceOptions optimizers(List<String> taken) {
        SequencedMap<String, Record> all = new LinkedHashMap<>();
        for (Optimizer.Settings s : Optimizer.Settings.all()) all.put(s.name(), (Record) s);
        return new ChoiceOptions("Optimiser", "optimizer", "How parameters follow their gradients", all, taken);
    }

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("UnusedMethod") // picocli calls it
    private void addOptions(CommandSpec command) {
        files.addTo(command);
        batches.addTo(command);
        train.addTo(command);
        unattended.addTo(command);
        trackers.addTo(command);
        schedule.addTo(command);
        optimizer.addTo(command);
        adapter.addTo(command);
    }

    /// Reads every record once, so that a mistake is told before anything slow happens.
    ///
    /// @throws IllegalArgumentException if a number is out of range or two options contradict each other
    void check() {
        settings(ReferenceSettings.defaults());
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

    /// The device, seen by the profile where one is asked for.
    Kernels watched(Kernels run) {
        return files().profile() ? profile.watch(run) : run;
    }

    /// Empty unless a profile is asked for.
    Profile profile() {
        return profile;
    }

    /// The settings of a run.
    ///
    /// @throws IllegalArgumentException if a number is out of range or two options contradict each other
    RunSettings settings(ReferenceSettings reference) {
        TrainSettings numbers =
                train.read().with((Schedule) schedule.read()).with(1, (Optimizer.Settings) optimizer.read());
        return new RunSettings(files(), batches(), numbers, reference, unattended.read(), trackers.read());
    }

    /// The numbers of a run beside what is usual for them.
    ///
    /// @param objective its numbers
    /// @param recipe to be learnt by
    Explanation explained(List<Explained> objective, Recipe<?> recipe) {
        Method method = adapter.adapted();
        Record rule = optimizer.read();
        Explanation all = new Explanation();
        all.add("Objective: " + recipe.about().name(), objective);
        all.add("Adapter: " + method.name(), adapter.explained());
        all.add("Optimiser: " + optimizer.name(), optimizer.explained());
        all.add("Training", LearningRate.explained(train.read().lr(), recipe, (Record) method, rule));
        all.add("Training", train.explained());
        all.add("Training", batches.explained());
        return all;
    }

    /// What decides the result of a run and only the command line knows: the device, and how the model is read.
    Map<String, Object> surroundings() {
        Map<String, Object> m = new LinkedHashMap<>(adapter.origin());
        device.describe(m);
        quantize.describe(m);
        return m;
    }
}
