package dev.gradine.cli;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Which model a command reads: shared by all commands that use one.
final class ModelArgs {

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR|FILE",
            description = "Model: a Hugging Face folder, a GGUF file or a llama2.c .bin.")
    private Path model = Path.of("");

    @Option(
            names = "--adapter",
            paramLabel = "[NAME=]DIR",
            description = "Adapter in PEFT's format to put on the model. A command that takes several wants their names.")
    private List<String> adapters = new ArrayList<>();

    @Mixin
    private DeviceArgs device = new DeviceArgs();

    @Mixin
    private QuantizeArgs quantize = new QuantizeArgs();

    Path model() {
        return model;
    }

    /// A model already open, with the adapter if one was given.
    Policy policy(LoadedModel m) {
        return new Policy(m.model(), adapters.isEmpty() ? Adapters.NONE : adapt(m).settled(m.run()));
    }

    /// Opens the model as it is in its file, or quantised.
    LoadedModel open() {
        LoadedModel m = new LoadedModel(model, device.chosen()::open, quantize.chosen());
        m.open().notes().forEach(device::tell);
        return m;
    }

    /// The adapter given, for a model already open.
    ///
    /// @throws IllegalArgumentException if none was given, or several
    AdapterSet adapt(LoadedModel m) {
        if (adapters.isEmpty()) throw new IllegalArgumentException("--adapter is missing, expected the folder of one");
        if (adapters.size() > 1) {
            throw new IllegalArgumentException("--adapter: %d are given, expected one".formatted(adapters.size()));
        }
        return load(NamedFolder.parse(adapters.getFirst()), m);
    }

    private AdapterSet load(NamedFolder adapter, LoadedModel m) {
        return AdapterFolder.load(adapter.folder(), m.model(), m.run(), device::tell);
    }

    /// The adapters given, by their names, ready to compute.
    SequencedMap<String, AdapterSet> named(LoadedModel m) {
        SequencedMap<String, AdapterSet> all = new LinkedHashMap<>();
        NamedFolder.all(adapters).forEach((name, folder) -> all.put(
                name, load(new NamedFolder(name, folder), m).settled(m.run())));
        return all;
    }

    /// The adapter given, or none.
    AdapterSet adaptOrNone(LoadedModel m) {
        return adapters.isEmpty() ? AdapterSet.none(m.model()) : adapt(m);
    }
}
