package dev.gradine.cli;

import dev.gradine.data.encode.TextCodec;
import dev.gradine.io.LayerCopies;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.models.StopTokens;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Quantization;
import dev.gradine.tensor.Device;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/// A model opened for one command, with the device it lives on. Closing it ends the `run` lifetime.
final class LoadedModel implements AutoCloseable {

    private final Kernels run;
    private final WarmUp warmUp;
    private final OpenModel open;
    private final List<CausalLm> scorer; // one, or none
    private final Set<String> told = new HashSet<>();

    /// @throws IllegalArgumentException names the file and what is wrong with it
    LoadedModel(Path source) {
        this(source, CpuKernels::open);
    }

    /// @param device opens the `run` lifetime that the model is to live in
    LoadedModel(Path source, Supplier<Kernels> device) {
        this(source, WarmUp.none(), device, List.of(), LayerCopies.NONE, false);
    }

    /// @param device opens the `run` lifetime that the model is to live in
    /// @param quantised which weights become weights of four bits: one, or none
    /// @param copies of layers that it is made of
    LoadedModel(Path source, Supplier<Kernels> device, List<Quantization> quantised, LayerCopies copies) {
        this(source, WarmUp.none(), device, quantised, copies, false);
    }

    private LoadedModel(
            Path source,
            WarmUp warmUp,
            Supplier<Kernels> device,
            List<Quantization> quantised,
            LayerCopies copies,
            boolean scores) {
        this.warmUp = warmUp;
        run = device.get();
        try {
            open = Models.open(source, run, quantised, copies);
            scorer = scores ? List.of(open.scorer()) : List.of();
        } catch (RuntimeException e) {
            warmUp.close();
            run.close();
            throw e;
        }
    }

    /// The model of a training run; the CPU's kernels are being compiled meanwhile: `ready` ends that.
    ///
    /// @param scores whether it has a head for scores in the place of that for words
    static LoadedModel forTraining(TrainOptions args, boolean scores) {
        List<Quantization> quantised = args.quantize().chosen();
        Device device = args.device().chosen();
        WarmUp warmUp = device.name().equals(DeviceArgs.CPU) ? WarmUp.start() : WarmUp.none();
        LayerCopies copies = args.adapter().copies();
        var m = new LoadedModel(
                args.files().model(), warmUp, () -> args.watched(device.open()), quantised, copies, scores);
        m.open.notes().forEach(args.device()::tell);
        return m;
    }

    /// Leaves the cores to the caller.
    void ready() {
        warmUp.close();
    }

    /// The model with its files.
    OpenModel open() {
        return open;
    }

    /// The model's tokenizer and chat template.
    ///
    /// @param tokensOnly whether the data are tokens already, so that a model without tokenizer will do
    TextCodec codecFor(boolean tokensOnly) {
        TextCodec codec = tokensOnly ? open.codecOrTokensOnly() : open.codec();
        tell(codec.tokenizer().notes());
        return codec;
    }

    /// The model's tokenizer with a chat template.
    ///
    /// @param template name or file of it, empty for the model's own
    TextCodec codecFor(String template) {
        return template.isEmpty() ? codecFor(false) : open.codec(template);
    }

    /// Where its texts end.
    StopTokens ends(TextCodec codec) {
        StopTokens ends = StopTokens.of(open, codec);
        tell(ends.notes());
        return ends;
    }

    /// Each line once.
    private void tell(List<String> notes) {
        for (String note : notes) if (told.add(note)) System.err.println(note);
    }

    /// Whether the model has a chat template of its own.
    boolean hasTemplate() {
        return open.hasTemplate();
    }

    /// The language model, with a head for scores where it was opened for that.
    ///
    /// @throws IllegalArgumentException if the files hold none
    CausalLm model() {
        return scorer.isEmpty() ? open.model() : scorer.getFirst();
    }

    /// The `run` lifetime.
    Kernels run() {
        return run;
    }

    @Override
    public void close() {
        warmUp.close();
        run.close();
        open.close();
    }
}
