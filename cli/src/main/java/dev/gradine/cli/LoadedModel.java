package dev.gradine.cli;

import dev.gradine.data.encode.TextCodec;
import dev.gradine.io.Checkpoint;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.CausalLm;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.nio.file.Path;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// A model opened for one command, with the device it lives on. Closing it ends the `run` lifetime.
final class LoadedModel implements AutoCloseable {

    private final Kernels run;
    private final WarmUp warmUp;
    private final OpenModel open;
    private final boolean ownsDevice;

    /// @throws IllegalArgumentException names the file and what is wrong with it
    LoadedModel(Path source) {
        this(source, CpuKernels::open);
    }

    /// @param device opens the `run` lifetime that the model is to live in
    LoadedModel(Path source, Supplier<Kernels> device) {
        this(source, WarmUp.none(), device, true);
    }

    private LoadedModel(Path source, WarmUp warmUp, Supplier<Kernels> device, boolean ownsDevice) {
        this.warmUp = warmUp;
        this.ownsDevice = ownsDevice;
        run = device.get();
        try {
            open = Models.open(source, run);
        } catch (RuntimeException e) {
            warmUp.close();
            if (ownsDevice) run.close();
            throw e;
        }
    }

    /// The same; the CPU's kernels are being compiled meanwhile: `ready` ends that.
    ///
    /// @param watch what the device is exchanged for, such as one that is profiled
    static LoadedModel forTraining(Path source, Device device, UnaryOperator<Kernels> watch) {
        WarmUp warmUp = device.name().equals(DeviceArgs.CPU) ? WarmUp.start() : WarmUp.none();
        return new LoadedModel(source, warmUp, () -> watch.apply(device.open()), true);
    }

    /// A second model on the same device, whose memory there is freed with that of this one.
    LoadedModel beside(Path other) {
        return new LoadedModel(other, WarmUp.none(), () -> run, false);
    }

    /// Leaves the cores to the caller.
    void ready() {
        warmUp.close();
    }

    /// As the user named it.
    Path source() {
        return open.source();
    }

    Checkpoint checkpoint() {
        return open.checkpoint();
    }

    /// Bytes of the weights, as they lie in the file.
    long weightBytes() {
        return open.weightBytes();
    }

    /// The model's tokenizer and chat template.
    ///
    /// @param tokensOnly whether the data are tokens already, so that a model without tokenizer will do
    TextCodec codecFor(boolean tokensOnly) {
        return tokensOnly ? open.codecOrTokensOnly() : open.codec();
    }

    /// Whether the model has a chat template of its own.
    boolean hasTemplate() {
        return open.hasTemplate();
    }

    CausalLm model() {
        return open.model();
    }

    /// The `run` lifetime.
    Kernels run() {
        return run;
    }

    @Override
    public void close() {
        warmUp.close();
        if (ownsDevice) run.close();
        open.close();
    }
}
