package dev.gradine.cuda.kernels;

import dev.gradine.gpu.Kernel;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Tensor;

/// The type of activations and their gradients, one per call, and what follows from it.
final class Data {

    private static final int GROUP_BYTES = 16; // that kernels load at once

    private Data() {}

    /// The type of `t`, which decides for the call.
    ///
    /// @throws dev.gradine.tensor.DTypeException unless it is F32 or BF16
    static DType type(String op, String name, Tensor t) {
        RealType.requireActivation(op, name, t);
        return t.dtype();
    }

    /// The entry `stem_name` of file `stem` for data of `type`.
    static Kernel kernel(String stem, String name, DType type) {
        return new Kernel(stem, stem + "_" + name + suffix(type));
    }

    /// What entries for data of `type` end in.
    static String suffix(DType type) {
        return type == DType.BF16 ? "_bf16" : "_f32";
    }

    /// How many groups the kernels see in a row of `c` values.
    static int groups(int c, DType type) {
        int lanes = lanes(type);
        return c % lanes == 0 ? c / lanes : c;
    }

    /// Values that kernels load at once.
    static int lanes(DType type) {
        return GROUP_BYTES / type.blockBytes();
    }
}
