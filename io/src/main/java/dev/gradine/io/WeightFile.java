package dev.gradine.io;

import dev.gradine.tensor.Tensor;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/// A weight file as it is: its own names, its own order, its own layout. What the rest of the program reads is
/// `Checkpoint`, which gives every format Hugging Face's names and layout.
public sealed interface WeightFile permits Safetensors, ShardedWeights, TorchFile, Gguf, Llama2c {

    /// Opens a weight file, or the one of a folder; see `Checkpoint` for how both are told apart.
    ///
    /// @param arena keeps the map: tensors must not outlive it
    /// @throws CheckpointException names the file and what is wrong with it
    static WeightFile open(Path fileOrFolder, Arena arena) {
        Path file = WeightFiles.locate(fileOrFolder);
        return switch (WeightFiles.kind(file)) {
            case SAFETENSORS -> Safetensors.open(file, arena);
            case INDEX -> ShardedWeights.open(file, arena);
            case TORCH -> TorchFile.open(file, arena);
            case GGUF -> Gguf.open(file, arena);
            case LLAMA2C -> Llama2c.open(file, arena);
        };
    }

    /// The file, as it was asked for.
    Path path();

    /// Name of the format for reports, such as `safetensors` or `gguf v3`.
    String format();

    /// Table of contents, in the order of the file.
    List<TensorInfo> tensors();

    /// Names of all tensors, in the order of the file.
    Set<String> names();

    /// The values of one tensor: a view of the mapped file, read-only.
    ///
    /// @throws CheckpointException if there is none of that name, or its type or shape cannot be loaded
    Tensor tensor(String name);

    /// Number of values of all tensors together.
    default long parameters() {
        return tensors().stream().mapToLong(TensorInfo::values).sum();
    }
}
