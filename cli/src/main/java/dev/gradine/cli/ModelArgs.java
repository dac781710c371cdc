package dev.gradine.cli;

import dev.gradine.peft.AdaptedModel;
import dev.gradine.peft.AdapterFolder;
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

    @Option(names = "--adapter", paramLabel = "DIR", description = "LoRA adapter in PEFT's format to put on the model.")
    private @Nullable Path adapter;

    @Mixin
    private DeviceArgs device = new DeviceArgs();

    Path model() {
        return model;
    }

    /// Opens the model with the adapter on it, if one was given.
    LoadedModel open() {
        LoadedModel m = openPlain();
        try {
            if (adapter != null) AdapterFolder.load(adapter, m.model(), m.run());
            return m;
        } catch (RuntimeException e) {
            m.close();
            throw e;
        }
    }

    /// Opens the model as it is in its file.
    LoadedModel openPlain() {
        return new LoadedModel(model, device.chosen()::open);
    }

    /// The adapter given, on a model already open.
    ///
    /// @throws IllegalArgumentException if none was given
    AdaptedModel adapt(LoadedModel m) {
        if (adapter == null) throw new IllegalArgumentException("--adapter is missing, expected the folder of one");
        return AdapterFolder.load(adapter, m.model(), m.run());
    }
}
