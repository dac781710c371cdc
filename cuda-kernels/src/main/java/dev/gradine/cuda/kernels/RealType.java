package dev.gradine.cuda.kernels;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.DTypeException;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.UnsupportedKernelException;

/// How kernels are told the type of real numbers: the order of `enum Type` in `matrix.cuh`.
final class RealType {

    private RealType() {}

    /// The number of a type.
    static int code(DType type) {
        return switch (type) {
            case F32 -> 0;
            case F16 -> 1;
            case BF16 -> 2;
            case Q8_0 -> 3;
            case Q4_0 -> 4;
            case Q4_1 -> 5;
            case Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS, MXFP4, GPTQ4 ->
                throw new UnsupportedKernelException("no CUDA kernel reads " + type + "; run this model on cpu");
            case NF4, FP4, DYNAMIC8, INT8, F8_E4M3, F8_E5M2 ->
                throw new DTypeException("kernel: type is " + type + ", expected one without scales");
            case I64, I32, I16, I8, U8 ->
                throw new DTypeException("kernel: type is " + type + ", expected a real type");
        };
    }

    /// Fails if no kernel reads values of a type, so that it is told before a model is used.
    ///
    /// @throws UnsupportedKernelException names the type
    static void requireReadable(DType type) {
        if (type.isReal() && !type.hasScales()) code(type);
    }

    /// Says that activations `t` are F32 or BF16.
    static void requireActivation(String op, String arg, Tensor t) {
        if (t.dtype() != DType.F32 && t.dtype() != DType.BF16) {
            throw new DTypeException("%s: %s is %s, expected F32 or BF16".formatted(op, arg, t.dtype()));
        }
    }
}
