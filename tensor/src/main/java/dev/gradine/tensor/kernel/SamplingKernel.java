package dev.gradine.tensor.kernel;

import dev.gradine.tensor.DType;
import dev.gradine.tensor.ShapeException;
import dev.gradine.tensor.Tensor;

/// Device contract of drawing the next token from rows of logits, so that a token leaves the device and not its
/// vocabulary.
///
/// ```
/// p = softmax(logits / temperature), cut to the topK likeliest, then to the fewest whose sum reaches topP,
///     then to those with at least minP times the largest p
/// token = the first whose running sum of p exceeds u · (the sum of all p that are left)
/// ```
///
/// Fan et al. 2018 (arXiv:1805.04833) for top-k; Holtzman et al. 2019 (arXiv:1904.09751), section 3.1, for top-p;
/// Nguyen et al. 2024 (arXiv:2407.01082), algorithm 1, for min-p.
/// With a cut, running sums go by falling logit, ties by token, and f32 logits of which only the last bit differs may
/// be ties; without any, they go by token.
///
/// A device other than the CPU draws the same token, except where a running sum is as close to u, or to topP, as its
/// rounding of p.
public interface SamplingKernel {

    /// Overwrites `tokens i32[N]` with a token of each row of `logits [N,V]`: the first of the
    /// largest logit where `params` are greedy.
    ///
    /// @param logits finite
    /// @param u one in [0, 1) for each row, unless `params` are greedy
    void draw(Tensor logits, SamplingParams params, double[] u, Tensor tokens);

    /// Fails unless the operands are those of a draw.
    ///
    /// @return the number of rows
    /// @throws ShapeException if numbers of values do not fit
    /// @throws IllegalArgumentException if a value of `u` is out of range
    static int requireRows(Tensor logits, SamplingParams params, double[] u, Tensor tokens) {
        int n = logits.shape().rows();
        Operands.require("sampling", "tokens", tokens, DType.I32, n);
        if (params.isGreedy()) return n;
        if (u.length != n) {
            throw new ShapeException("sampling: u has %d values, expected %d (rows of logits %s)"
                    .formatted(u.length, n, logits.shape()));
        }
        for (double x : u) {
            if (!(x >= 0 && x < 1)) throw new IllegalArgumentException("sampling: u is " + x + ", expected in [0, 1)");
        }
        return n;
    }
}
