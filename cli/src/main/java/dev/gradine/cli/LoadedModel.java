package dev.gradine.cli;

import dev.gradine.data.chat.ChatTemplate;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.CheckpointException;
import dev.gradine.io.NonFinite;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Llama;
import dev.gradine.nn.LlamaConfig;
import dev.gradine.nn.Quantization;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/// A model file opened for one command: mapped weights, the device, the model over them. Closing it ends the `run`
/// lifetime.
final class LoadedModel implements AutoCloseable {

    private final Arena files = Arena.ofShared();
    private final Kernels run;
    private final WarmUp warmUp;
    private final Path source;
    private final Checkpoint checkpoint;
    private final Llama model;
    private final boolean ownsDevice;
    private final List<Quantization> quantised; // one, or none

    /// @throws IllegalArgumentException names the file and what is wrong with it
    LoadedModel(Path source) {
        this(source, CpuKernels::open);
    }

    /// @param device opens the `run` lifetime that the model is to live in
    LoadedModel(Path source, Supplier<Kernels> device) {
        this(source, WarmUp.none(), device, true, List.of());
    }

    /// @param device opens the `run` lifetime that the model is to live in
    /// @param quantised which weights become weights of four bits: one, or none
    LoadedModel(Path source, Supplier<Kernels> device, List<Quantization> quantised) {
        this(source, WarmUp.none(), device, true, quantised);
    }

    private LoadedModel(
            Path source, WarmUp warmUp, Supplier<Kernels> device, boolean ownsDevice, List<Quantization> quantised) {
        this.quantised = quantised;
        this.warmUp = warmUp;
        this.source = source;
        this.ownsDevice = ownsDevice;
        run = device.get();
        try {
            checkpoint = Checkpoint.open(source, files);
            Weights.Source weights = checkpoint::tensor;
            for (Quantization q : quantised) weights = q.over(weights, files);
            model = new Llama(LlamaConfig.of(checkpoint.config()), weights, run);
            for (Quantization q : quantised) q.requireFound(model.linears());
            requireFinite(checkpoint);
        } catch (CheckpointException e) {
            close();
            throw e;
        } catch (IllegalArgumentException e) { // from the model, which knows nothing of files
            close();
            throw new CheckpointException(source, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /// The model of a training run; the CPU's kernels are being compiled meanwhile: `ready` ends that.
    static LoadedModel forTraining(TrainArgs args) {
        List<Quantization> quantised = args.quantize().chosen();
        Device device = args.device().chosen();
        WarmUp warmUp = device.name().equals(DeviceArgs.CPU) ? WarmUp.start() : WarmUp.none();
        return new LoadedModel(args.model(), warmUp, () -> args.watched(device.open()), true, quantised);
    }

    /// A second model on the same device, quantised alike, whose memory there is freed with that of this one.
    LoadedModel beside(Path other) {
        return new LoadedModel(other, WarmUp.none(), () -> run, false, quantised);
    }

    /// Leaves the cores to the caller.
    void ready() {
        warmUp.close();
    }

    /// On all cores, for it reads the whole file; again on one for the message.
    private static void requireFinite(Checkpoint c) {
        if (c.names().parallelStream().anyMatch(name -> NonFinite.first(c.tensor(name)) >= 0)) {
            NonFinite.requireNone(c);
        }
    }

    /// As the user named it.
    Path source() {
        return source;
    }

    Checkpoint checkpoint() {
        return checkpoint;
    }

    /// Bytes of the weights, as they lie in the file.
    long weightBytes() {
        return checkpoint.file().tensors().stream().mapToLong(t -> t.bytes()).sum();
    }

    /// The model's tokenizer and chat template.
    ///
    /// @param tokensOnly whether the data are tokens already, so that a model without tokenizer will do
    TextCodec codecFor(boolean tokensOnly) {
        if (!tokensOnly || ModelText.hasTokenizer(checkpoint)) return ModelText.codec(checkpoint);
        return new TextCodec(new NoTokenizer(model.vocabSize(), source), ChatTemplate.absent());
    }

    CausalLm model() {
        return model;
    }

    /// The `run` lifetime.
    Kernels run() {
        return run;
    }

    @Override
    public void close() {
        warmUp.close();
        if (ownsDevice) run.close();
        files.close();
    }
}
