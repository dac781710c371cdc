package dev.gradine.cli;

import dev.gradine.io.LayerCopies;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Model;
import dev.gradine.nn.TextModel;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.Kernels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Which model and adapter a command reads.
final class SourceArgs {

    @Mixin
    private ModelFileArgs model = new ModelFileArgs();

    @Option(
            names = "--adapter",
            paramLabel = "[NAME=]DIR",
            description = "Adapter in PEFT's format to put on the model. Commands that take several want their names.")
    private List<String> adapters = new ArrayList<>();

    @Mixin
    private QuantizeArgs quantize = new QuantizeArgs();

    Path model() {
        return model.path();
    }

    boolean hasAdapter() {
        return !adapters.isEmpty();
    }

    /// Opens the model as it is in its file, or quantised.
    LoadedModel open(Device device, Consumer<String> tell) {
        return open(device, tell, OpenModel::notes);
    }

    /// The same, of which other notes are told.
    LoadedModel open(Device device, Consumer<String> tell, Function<OpenModel, List<String>> notes) {
        LoadedModel m = new LoadedModel(model.path(), device::open, quantize.chosen(), copies());
        notes.apply(m.open()).forEach(tell);
        return m;
    }

    /// Another file of the same model, as it is.
    OpenModel plain(Path other, Kernels run) {
        return Models.open(other, run, List.of(), copies());
    }

    private LayerCopies copies() {
        return copies("--adapter", adapterFolders());
    }

    /// Layers that the model of adapters is made of.
    ///
    /// @param option that names their folders
    static LayerCopies copies(String option, Collection<Path> folders) {
        List<LayerCopies> all = folders.stream()
                .map(folder ->
                        AdapterFolder.config(folder).method().replication().copies())
                .distinct()
                .toList();
        if (all.size() < 2) return all.isEmpty() ? LayerCopies.NONE : all.getFirst();
        throw new IllegalArgumentException(option + ": layer_replication differs, expected adapters of one model");
    }

    /// The adapter given, for a model already open.
    ///
    /// @throws IllegalArgumentException if none was given, or several
    AdapterSet adapt(LoadedModel m, Consumer<String> tell) {
        return adapt(m.model(), m.run(), tell);
    }

    AdapterSet adapt(Model model, Kernels run, Consumer<String> tell) {
        if (adapters.isEmpty()) throw new IllegalArgumentException("--adapter is missing, expected the folder of one");
        if (adapters.size() > 1) {
            throw new IllegalArgumentException("--adapter: %d are given, expected one".formatted(adapters.size()));
        }
        Path folder = NamedFolder.parse(adapters.getFirst()).folder();
        return AdapterFolder.load(folder, model, run, tell);
    }

    /// The model that the files mean: one of labels where they, or an adapter, have a head for those.
    ///
    /// @throws IllegalArgumentException if it is an encoder without a head
    TextModel meant(OpenModel open) {
        List<Labels> brought = adapterFolders().stream()
                .flatMap(folder -> AdapterFolder.labels(folder).stream())
                .toList();
        if (open.isClassifier()) return open.classifier();
        if (!brought.isEmpty()) return open.classifier(brought.getFirst());
        return open.text() instanceof Classifier ? open.classifier() : open.model();
    }

    /// Folders of the adapters given, with or without names.
    List<Path> adapterFolders() {
        return adapters.stream().map(a -> NamedFolder.parse(a).folder()).toList();
    }

    /// Folders of the adapters given, by their names.
    SequencedMap<String, Path> folders() {
        return NamedFolder.all(adapters);
    }

    /// The adapters given, by their names, ready to compute.
    SequencedMap<String, AdapterSet> named(Model model, Kernels run, Consumer<String> tell) {
        SequencedMap<String, AdapterSet> all = new LinkedHashMap<>();
        folders()
                .forEach((name, folder) -> all.put(
                        name, AdapterFolder.load(folder, model, run, tell).settled(run)));
        return all;
    }
}
