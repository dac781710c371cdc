package dev.gradine.tensor.kernel;

import dev.gradine.tensor.Tensor;

/// Device contract of grouped-query attention over packed sequences of any lengths.
///
/// Query rows of the sequences lie one after the other without padding; each has a range of key rows of its own, with
/// any rows between the ranges, or pages of `BLOCK` rows ([Sequences]). In pages or not, keys have the same bits on the
/// CPU. Which of its keys a query sees is the mask's to say ([Mask]). A sequence
/// that continues another sees the keys of that one before its own: k and v of a shared prompt stand there once, and
/// their gradients add over the queries of the prompt and of all its branches.
///
/// ```
/// S = cap(scale · q kᵀ) + mask      P = softmax(S)      y = P v      lse = log Σ exp(S)
/// ```
///
/// Dao et al. 2022 (arXiv:2205.14135): the score matrix is never stored; backward recomputes it from `lse`.
/// Every query sees at least one key, as `AttentionSpec.require` asks.
public interface AttentionKernel {

    /// Queries that the CPU computes together, and keys that it shows them at once: whole groups of rows and
    /// of columns for every vector length. A sequence whose fresh queries begin at a multiple of it has the
    /// bits of one that is read whole.
    int BLOCK = 96;

    /// Writes `y f32[Nq,H·D]` and `lse f32[Nq,H]` from `q f32[Nq,H·D]` and `k, v f32[Nk,G·D]`.
    void forward(Tensor q, Tensor k, Tensor v, AttentionSpec spec, Sequences sequences, Tensor y, Tensor lse);

    /// Gradients of a forward pass.
    ///
    /// @param dy gradient of `y`
    /// @param y the forward's output
    /// @param lse the forward's log-sum-exp
    record Upstream(Tensor dy, Tensor y, Tensor lse) {}

    /// Overwrites `dq f32[Nq,H·D]` and `dk, dv f32[Nk,G·D]`; key rows that no query sees get zeros. Sums
    /// have one order, whatever the number of threads.
    ///
    /// @throws dev.gradine.tensor.ShapeException if the keys lie in pages
    void backward(
            Upstream up,
            Tensor q,
            Tensor k,
            Tensor v,
            AttentionSpec spec,
            Sequences sequences,
            Tensor dq,
            Tensor dk,
            Tensor dv);
}
