package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.requireRank;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;

/// Sums of consecutive values: from the log-probabilities of tokens to those of sequences.
///
/// ```
/// y_s = Σ x_j for offsets[s] ≤ j < offsets[s + 1]      dx_j = dy_s
/// ```
///
/// @param offsets `i32[S+1]`, ascending from 0 to the length of x
public record SegmentSum(Tensor offsets) implements Op1<SegmentSum.Saved> {

    /// Shape of the input, to spread the gradient over.
    record Saved(Shape shape) {}

    /// `f32[N] → f32[S]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if `x` is not a vector
    public static Var segmentSum(Var x, Tensor offsets) {
        return x.tape().apply(new SegmentSum(offsets), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        requireRank("segment_sum", "x", x.shape(), 1);
        Tensor y = k.empty(Shape.of(offsets.size() - 1));
        k.reduce().segmentSum(x, offsets, y);
        return new Forward<>(y, new Saved(x.shape()));
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.empty(s.shape());
        k.reduce().segmentSumBackward(dy, offsets, dx);
        return dx;
    }
}
