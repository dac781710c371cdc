package dev.gradine.cli;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.Model;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TextModel;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Kernels;
import java.nio.file.Path;
import java.util.List;
import java.util.SequencedMap;
import picocli.CommandLine.Mixin;

/// Which model a command computes with, and on what.
final class ModelArgs {

    @Mixin
    private SourceArgs source = new SourceArgs();

    @Mixin
    private DeviceArgs device = new DeviceArgs();

    Path model() {
        return source.model();
    }

    /// A model already open, with the adapter if one was given.
    Policy policy(LoadedModel m) {
        return new Policy(m.model(), adapters(m.model(), m.run()));
    }

    /// The adapter, if one was given.
    Adapters adapters(Model model, Kernels run) {
        return source.hasAdapter() ? source.adapt(model, run, device::tell).settled(run) : Adapters.NONE;
    }

    /// The adapter given, to be trained or differentiated; one without effect if none was.
    AdapterSet adaptOrNone(Model model, Kernels run) {
        return source.hasAdapter() ? source.adapt(model, run, device::tell) : AdapterSet.none(model);
    }

    /// The model that the files mean: one of labels where they, or an adapter, have a head for those.
    ///
    /// @throws IllegalArgumentException if it is an encoder without a head
    TextModel meant(LoadedModel m) {
        return source.meant(m.open());
    }

    /// The adapters given, by their names, ready to compute.
    SequencedMap<String, AdapterSet> named(LoadedModel m) {
        return named(m.model(), m.run());
    }

    /// The same on another model.
    SequencedMap<String, AdapterSet> named(Model model, Kernels run) {
        return source.named(model, run, device::tell);
    }

    /// The adapter given.
    ///
    /// @throws IllegalArgumentException if none was given, or several
    AdapterSet adapt(LoadedModel m) {
        return source.adapt(m, device::tell);
    }

    /// Folders of the adapters given, by their names.
    SequencedMap<String, Path> folders() {
        return source.folders();
    }

    /// Opens another model on the same device, as it is in its file.
    LoadedModel open(Path other) {
        return new LoadedModel(other, device.chosen()::open);
    }

    /// Folders of the adapters given, with or without names.
    List<Path> adapterFolders() {
        return source.adapterFolders();
    }

    /// Opens the model as it is in its file, or quantised.
    LoadedModel open() {
        return source.open(device.chosen(), device::tell);
    }

    /// The same for a command that takes classifiers, too.
    LoadedModel openAny() {
        return source.open(device.chosen(), device::tell, m -> m.isClassifier() ? m.notesOfLabels() : m.notes());
    }
}
