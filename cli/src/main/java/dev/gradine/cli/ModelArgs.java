package dev.gradine.cli;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.Policy;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
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

    @Option(names = "--adapter", paramLabel = "DIR", description = "Adapter in PEFT's format to put on the model.")
    private @Nullable Path adapter;

    @Mixin
    private DeviceArgs device = new DeviceArgs();

    @Mixin
    private QuantizeArgs quantize = new QuantizeArgs();

    Path model() {
        return model;
    }

    /// A model already open, with the adapter if one was given.
    Policy policy(LoadedModel m) {
        Adapters adapters = adapter == null ? Adapters.NONE : adapt(m).settled(m.run());
        return new Policy(m.model(), adapters);
    }

    /// Opens the model as it is in its file, or quantised.
    LoadedModel open() {
        LoadedModel m = new LoadedModel(model, device.chosen()::open, quantize.chosen());
        m.open().notes().forEach(device::tell);
        return m;
    }

    /// The adapter given, for a model already open.
    ///
    /// @throws IllegalArgumentException if none was given
    AdapterSet adapt(LoadedModel m) {
        if (adapter == null) throw new IllegalArgumentException("--adapter is missing, expected the folder of one");
        return AdapterFolder.load(adapter, m.model(), m.run(), device::tell);
    }

    /// The adapter given, or none.
    AdapterSet adaptOrNone(LoadedModel m) {
        return adapter == null ? AdapterSet.none(m.model()) : adapt(m);
    }
}
