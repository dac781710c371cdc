package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;
import java.util.List;

/// Device contract of sums. Each is cut at places that depend on the sizes alone, so that the result does not depend on
/// the number of threads.
public interface ReduceKernel {

    /// Overwrites `y f32[S]` with the sums of `x[offsets[i] … offsets[i+1])`; `offsets i32[S+1]` ascends from 0.
    void segmentSum(Tensor x, Tensor offsets, Tensor y);

    /// Backward of `segmentSum`: overwrites `dx[j]` with `dy[i]` for `offsets[i] ≤ j < offsets[i+1]`.
    void segmentSumBackward(Tensor dy, Tensor offsets, Tensor dx);

    /// Adds the column sums of `x f32[N,C]` into `y f32[C]`.
    void addColumnSums(Tensor x, Tensor y);

    /// Overwrites `y f32[N]` with the row sums of `x f32[N,C]`.
    void rowSums(Tensor x, Tensor y);

    /// Σ x² over all values, in double, on the host. NaN if a value is NaN.
    double sumOfSquares(Tensor x);

    /// Σ x² over all values of all tensors, such as the gradients of a step: a device is waited for once.
    default double sumOfSquares(List<Tensor> all) {
        double sum = 0;
        for (Tensor x : all) sum += sumOfSquares(x);
        return sum;
    }
}
