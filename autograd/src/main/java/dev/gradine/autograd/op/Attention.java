package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel.Upstream;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Sequences;

/// Grouped-query attention over packed or branching sequences, without ever storing the matrix of scores.
///
/// ```
/// S = cap(scale · q kᵀ) + mask      P = softmax(S)      y = P v
/// dv = Pᵀ dy      dP = dy vᵀ        dS = P ∘ (dP − rowsum(dy ∘ y)) ∘ cap′
/// dq = scale · dS k                 dk = scale · dSᵀ q
/// ```
///
/// The sums over queries in dk and dv run over all that see a key: those of its own sequence, and those of a sequence
/// that continues it.
///
/// Vaswani et al. 2017 (arXiv:1706.03762), eq. 1; Ainslie et al. 2023 (arXiv:2305.13245) for grouped queries; Dao et
/// al. 2022 (arXiv:2205.14135), algorithms 1 and 4. Query head h reads key head h / (heads / kvHeads).
///
/// @param spec numbers of heads, head size, scale, soft cap, mask
/// @param sequences where each sequence lies, and which one it continues
public record Attention(AttentionSpec spec, Sequences sequences) implements Op3<Attention.Saved> {

    /// `lse`, one value per row and head, from which backward recomputes P; `y` for rowsum(dy ∘ y).
    record Saved(Tensor q, Tensor k, Tensor v, Tensor y, Tensor lse) {}

    /// `f32[Nq,H·D], f32[Nk,G·D], f32[Nk,G·D] → f32[Nq,H·D]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if a tensor does not fit the heads and sequences, or a sequence
    ///     has fewer keys than queries under a mask that is not full
    public static Var attention(Var q, Var k, Var v, AttentionSpec spec, Sequences sequences) {
        return q.tape().apply(new Attention(spec, sequences), q, k, v);
    }

    @Override
    public Forward<Saved> forward(Kernels kernels, Tensor q, Tensor k, Tensor v) {
        spec.require(sequences);
        Shape keys = Shape.of(sequences.keys(), spec.kvHeads() * spec.headDim());
        Shape queries = Shape.of(sequences.queries(), spec.heads() * spec.headDim());
        require("attention", "q", q.shape(), queries, "query rows" + heads(spec.heads()));
        require("attention", "k", k.shape(), keys, "key rows" + heads(spec.kvHeads()));
        require("attention", "v", v.shape(), keys, "key rows" + heads(spec.kvHeads()));
        Tensor y = kernels.emptyLike(q);
        Tensor lse = kernels.empty(Shape.of(sequences.queries(), spec.heads()));
        kernels.attention().forward(q, k, v, spec, sequences, y, lse);
        return new Forward<>(y, new Saved(q, k, v, y, lse));
    }

    private String heads(int count) {
        return ", %d heads of size %d".formatted(count, spec.headDim());
    }

    @Override
    public Grads3 backward(Kernels kernels, Saved s, Tensor dy, NeedsGrad needs) {
        Tensor dq = kernels.emptyLike(s.q());
        Tensor dk = kernels.emptyLike(s.k());
        Tensor dv = kernels.emptyLike(s.v());
        Upstream up = new Upstream(dy, s.y(), s.lse());
        kernels.attention().backward(up, s.q(), s.k(), s.v(), spec, sequences, dq, dk, dv);
        return new Grads3(
                NeedsGrad.keep(needs.a(), dq, kernels),
                NeedsGrad.keep(needs.b(), dk, kernels),
                NeedsGrad.keep(needs.c(), dv, kernels));
    }
}
