package dev.gradine.models;

import dev.gradine.data.encode.TextCodec;
import dev.gradine.io.Checkpoint;
import dev.gradine.io.LayerCopies;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Quantization;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Opens models: a Hugging Face folder, a GGUF file or a llama2.c `.bin` becomes weights, tokenizer and chat template.
///
/// ```
/// try (Kernels run = CpuKernels.open(); OpenModel m = Models.open(folder, run)) {
///     Policy base = Policy.of(m.model());
///     TextCodec text = m.codec();
/// }
/// ```
public final class Models {

    private Models() {}

    /// Opens a model of a family that is built in.
    ///
    /// @param run lifetime of the model; it is not closed with the model
    /// @throws dev.gradine.io.CheckpointException names the file and what is wrong with it
    public static OpenModel open(Path fileOrFolder, Kernels run) {
        return open(fileOrFolder, run, Families.builtIn());
    }

    /// The same, with linear weights quantised as it is read.
    ///
    /// @param quantised how: one, or none
    public static OpenModel open(Path fileOrFolder, Kernels run, List<Quantization> quantised) {
        return open(fileOrFolder, run, quantised, LayerCopies.NONE);
    }

    /// The same, of a deeper model that is made of the layers of the file.
    ///
    /// @param copies which layers, in which order
    public static OpenModel open(Path fileOrFolder, Kernels run, List<Quantization> quantised, LayerCopies copies) {
        return new OpenModel(fileOrFolder, run, Families.builtIn(), quantised, copies);
    }

    /// The tokenizer and chat template that belong to weights; the weights are not read.
    ///
    /// @throws IllegalArgumentException if there is no tokenizer, or it cannot be read
    public static TextCodec codec(Checkpoint checkpoint) {
        return ModelText.codec(checkpoint, "");
    }

    /// Whether there is any of the files a tokenizer is read from.
    public static boolean hasTokenizer(Checkpoint checkpoint) {
        return ModelText.hasTokenizer(checkpoint);
    }

    /// Whether there is a chat template.
    public static boolean hasTemplate(Checkpoint checkpoint) {
        return ModelText.hasTemplate(checkpoint);
    }

    /// The tokenizer and chat template of a model, whose weights stay unread.
    ///
    /// @param chatTemplate as `OpenModel.codec` takes it; empty for the model's own
    /// @throws IllegalArgumentException if there is no tokenizer, or it cannot be read
    public static TextCodec text(Path fileOrFolder, String chatTemplate) {
        try (Arena arena = Arena.ofShared()) {
            return ModelText.codec(
                    Checkpoint.open(fileOrFolder, Families.builtIn().gguf(), arena), chatTemplate);
        }
    }

    /// A model of the family and sizes that a `config.json` tells, whose weights have shapes and no values:
    /// for counting, whatever memory the model would need.
    ///
    /// @param run lifetime of the model
    /// @throws dev.gradine.nn.ConfigException names the key that is missing or cannot be used
    public static CausalLm shaped(Map<String, ?> config, Kernels run) {
        Weights.Source shapes = (name, shape) -> Tensor.withoutData(DType.F32, shape);
        return Families.builtIn().build(new ModelConfig(config), new Weights(shapes, run));
    }

    /// Opens a model of one of the families given.
    public static OpenModel open(Path fileOrFolder, Kernels run, Families families) {
        return new OpenModel(fileOrFolder, run, families, List.of(), LayerCopies.NONE);
    }
}
