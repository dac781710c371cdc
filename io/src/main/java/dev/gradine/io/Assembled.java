package dev.gradine.io;

import dev.gradine.tensor.Tensor;
import java.util.Map;

/// Weights that are several tensors of a file, codes with what they are multiplied by, and one tensor here.
sealed interface Assembled permits BitsAndBytes, Fp8, PackedInt4, Mxfp4 {

    /// Takes the names of parts out of a file's names, and gives weights the names that Hugging Face has for them.
    void rename(Map<String, StoredName> names);

    /// Whether a tensor of the file is such a weight, or the part that stands for it.
    boolean has(String stored);

    /// The weight.
    ///
    /// @throws CheckpointException names the file, the tensor and which part of it is wrong
    Tensor tensor(String stored);

    /// Number of values of the weight that a tensor of the file stands for.
    long values(TensorInfo t);
}
