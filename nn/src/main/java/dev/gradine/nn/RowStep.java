package dev.gradine.nn;

import static dev.gradine.autograd.op.Functions.clamp;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;

/// What happens to the queries, the keys or the values of a row between their projection and the scores, and to what
/// attention gives. Families differ in which steps there are, and in their order.
@FunctionalInterface
public interface RowStep {

    /// `f32[N,H·D] → f32[N,H·D]`
    Var of(Var x, Pass pass);

    /// Nothing.
    RowStep NONE = (x, _) -> x;

    /// This one, then another.
    default RowStep then(RowStep next) {
        if (equals(NONE)) return next;
        return next.equals(NONE) ? this : (x, pass) -> next.of(of(x, pass), pass);
    }

    /// A norm of each head.
    static RowStep perHead(Norm norm, int headDim) {
        return (x, pass) -> {
            int rows = x.shape().rows();
            int width = x.shape().last();
            Var heads = reshape(x, rows * (width / headDim), headDim);
            return reshape(norm.forward(heads, pass), rows, width);
        };
    }

    /// Values are kept within ±`bound`.
    static RowStep clamped(float bound) {
        return (x, _) -> clamp(x, -bound, bound);
    }

    /// Values are multiplied by a factor that grows with the position p of the row:
    ///
    /// ```
    /// τ(p) = 1 + β · ln(1 + ⌊(p + shift) / L⌋)
    /// ```
    ///
    /// Nakanishi 2025, "Scalable-Softmax" (arXiv:2501.19399), in the form of Llama 4 and Ministral 3.
    ///
    /// @param length L, tokens
    static RowStep tempered(double beta, double length, int shift) {
        return (x, pass) -> {
            int[] at = pass.rows().positions();
            float[] factors = new float[at.length];
            for (int i = 0; i < at.length; i++) {
                factors[i] = (float) (1 + beta * Math.log1p(Math.floor((at[i] + shift) / length)));
            }
            Kernels k = x.tape().kernels();
            return mul(x, x.tape().constant(k.of(Shape.of(at.length, 1), factors)));
        };
    }
}
