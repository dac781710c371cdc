package dev.gradine.autograd.op;

import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// An operation of one input.
public sealed interface Op1<S> extends Op
        permits Apply,
                Dropout,
                IndexSelect,
                Inverse,
                LogProb,
                Mean,
                Permute,
                Reshape,
                Rope,
                SegmentSum,
                SliceColumns,
                SliceRows,
                Softmax,
                SumLast,
                TeacherDivergence,
                Upsample {

    /// Checks the shapes, then computes the result and what backward needs.
    Forward<S> forward(Kernels k, Tensor a);

    /// Gradient of the input, from the gradient of the result.
    Tensor backward(Kernels k, S saved, Tensor dy);
}
