package dev.gradine.cli;

import dev.gradine.peft.AdapterFolder;
import dev.gradine.peft.AdapterSet;
import dev.gradine.tensor.Device;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Which model and adapter a command reads.
final class SourceArgs {

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR|FILE",
            description = "Model: a Hugging Face folder, a GGUF file or a llama2.c .bin.")
    private Path model = Path.of("");

    @Option(names = "--adapter", paramLabel = "DIR", description = "Adapter in PEFT's format to put on the model.")
    private @Nullable Path adapter;

    @Mixin
    private QuantizeArgs quantize = new QuantizeArgs();

    Path model() {
        return model;
    }

    boolean hasAdapter() {
        return adapter != null;
    }

    /// Opens the model as it is in its file, or quantised.
    LoadedModel open(Device device, Consumer<String> tell) {
        LoadedModel m = new LoadedModel(model, device::open, quantize.chosen());
        m.open().notes().forEach(tell);
        return m;
    }

    /// The adapter given, for a model already open.
    ///
    /// @throws IllegalArgumentException if none was given
    AdapterSet adapt(LoadedModel m, Consumer<String> tell) {
        if (adapter == null) throw new IllegalArgumentException("--adapter is missing, expected the folder of one");
        return AdapterFolder.load(adapter, m.model(), m.run(), tell);
    }
}
