package dev.gradine.cli;

import dev.gradine.data.encode.TextCodec;
import dev.gradine.io.LayerCopies;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.models.StopTokens;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Quantization;
import dev.gradine.nn.TextModel;
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
    private final List<Classifier> classifier; // one, or none
    private final Set<String> told = new HashSet<>();

    /// @throws IllegalArgumentException names the file and what is wrong with it
    LoadedModel(Path source) {
        this(source, CpuKernels::open);
    }

    /// @param device opens the `run` lifetime that the model is to live in
    LoadedModel(Path source, Supplier<Kernels> device) {
        this(source, WarmUp.none(), device, List.of(), LayerCopies.NONE, List.of());
    }

    /// @param device opens the `run` lifetime that the model is to live in
    /// @param quantised which weights become weights of four bits: one, or none
    /// @param copies of layers that it is made of
    LoadedModel(Path source, Supplier<Kernels> device, List<Quantization> quantised, LayerCopies copies) {
        this(source, WarmUp.none(), device, quantised, copies, List.of());
    }

    private LoadedModel(
            Path source,
            WarmUp warmUp,
            Supplier<Kernels> device,
            List<Quantization> quantised,
            LayerCopies copies,
            List<Labels> labels) {
        this.warmUp = warmUp;
        run = device.get();
        try {
            open = Models.open(source, run, quantised, copies);
            classifier = labels.stream().map(open::classifier).toList();
        } catch (RuntimeException e) {
            warmUp.close();
            run.close();
            throw e;
        }
    }

    /// The model of a training run; the CPU's kernels are being compiled meanwhile: `ready` ends that.
    ///
    /// @param labels what a head for labels is to tell: one, or none of a model of words
    static LoadedModel forTraining(TrainOptions args, List<Labels> labels) {
        List<Quantization> quantised = args.quantize().chosen();
        Device device = args.device().chosen();
        WarmUp warmUp = device.name().equals(DeviceArgs.CPU) ? WarmUp.start() : WarmUp.none();
        LayerCopies copies = args.adapter().copies();
        var m = new LoadedModel(
                args.files().model(), warmUp, () -> args.watched(device.open()), quantised, copies, labels);
        (labels.isEmpty() ? m.open.notes() : m.open.notesOfLabels()).forEach(args.device()::tell);
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

    /// The language model.
    ///
    /// @throws IllegalArgumentException if the files hold none
    CausalLm model() {
        return open.model();
    }

    /// The model that a run adapts: with a head for labels where it was opened for that.
    ///
    /// @throws IllegalArgumentException if the files hold no language model, and it was not
    TextModel trained() {
        return classifier.isEmpty() ? open.model() : classifier.getFirst();
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
