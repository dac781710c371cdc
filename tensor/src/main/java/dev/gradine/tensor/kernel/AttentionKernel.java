package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;

/// Device contract of causal grouped-query attention over packed sequences of any lengths.
///
/// Sequences lie one after the other without padding: sequence s owns query rows `qStart[s] … qStart[s+1])` and key
/// rows `kStart[s] … kStart[s+1])`. The last query of a sequence sees its last key, the one before it all keys but the
/// last, and so on; so with as many keys as queries this is causal attention, with more it continues a cache.
/// A sequence with a parent sees all keys of the parent before its own: k and v of a shared prompt stand there once,
/// and their gradients add over the queries of the prompt and of all its branches.
/// Query head h reads key head `h / (heads / kvHeads)`.
///
/// ```
/// P = softmax(scale · q kᵀ + causal)     y = P v     lse = log Σ exp(scale · q kᵀ + causal)
/// ```
///
/// Dao et al. 2022 (arXiv:2205.14135): the score matrix is never stored; backward recomputes it from `lse`.
public interface AttentionKernel {

    /// Heads and scale.
    ///
    /// @param heads query heads H
    /// @param kvHeads key and value heads G, a divisor of H
    /// @param headDim D, size of one head
    /// @param scale factor of the scores, usually 1/√D
    record Heads(int heads, int kvHeads, int headDim, float scale) {}

    /// Writes `y f32[Nq,H·D]` and `lse f32[Nq,H]` from `q f32[Nq,H·D]` and `k, v f32[Nk,G·D]`.
    void forward(Tensor q, Tensor k, Tensor v, Heads heads, Segments segments, Tensor y, Tensor lse);

    /// Gradients of a forward pass.
    ///
    /// @param dy gradient of `y`
    /// @param y the forward's output
    /// @param lse the forward's log-sum-exp
    record Upstream(Tensor dy, Tensor y, Tensor lse) {}

    /// Overwrites `dq f32[Nq,H·D]` and `dk, dv f32[Nk,G·D]`. Sums have one order, whatever the number of threads.
    void backward(
            Upstream up, Tensor q, Tensor k, Tensor v, Heads heads, Segments segments, Tensor dq, Tensor dk, Tensor dv);
}
