package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Heads;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Inputs;
import dev.gradine.tensor.kernel.GatedRecurrenceKernel.Kept;
import dev.gradine.tensor.kernel.Sequences;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A recurrence in the place of attention: its state is a matrix that fades, and into which every
/// token writes.
///
/// ```
/// u_t = v_t − exp(a_t) S_{t−1}ᵀ k_t        by the delta rule, else u_t = v_t
/// S_t = exp(a_t) S_{t−1} + β_t k_t u_tᵀ     y_t = S_tᵀ q_t
/// dS += q dyᵀ        dq = S dy              du = β dSᵀ k       dβ = kᵀ dS u       dv = du
/// dk = β dS u − g S₋ du                     da = g (Σ dS ∘ S₋ − kᵀ S₋ du)
/// dS₋ = g (dS − k duᵀ)                      g = exp(a), S₋ = S_{t−1}
/// ```
///
/// Gated delta rule: Yang, Kautz & Hatamizadeh 2024 (arXiv:2412.06464), eq. 10. Without the delta
/// rule it is Mamba-2's recurrence with q, k, v, β for C, B, x, Δ: Dao & Gu 2024 (arXiv:2405.21060),
/// eq. 16; there the terms of backward with `S₋ du` and `k duᵀ` vanish. Value head h reads key head h
/// / (valueHeads / keyHeads).
///
/// Backward: `docs/derivations.md#gated-recurrence`.
///
/// A sequence begins with a state of zeros, one that continues another with the last state of that
/// one. Backward makes the states again, from every √T-th on.
///
/// @param heads numbers and sizes of heads, and the rule
/// @param sequences where each sequence lies, and which one it continues
/// @param kept states that outlive the pass, or null for none; with them there is no gradient
public record GatedRecurrence(
        Heads heads, Sequences sequences, @Nullable Kept kept) implements Op5<GatedRecurrence.Saved> {

    /// The inputs alone: states are larger than what they are made of.
    record Saved(Tensor q, Tensor k, Tensor v, Tensor decay, Tensor rate) {}

    /// `f32[N,G·K], f32[N,G·K], f32[N,H·D], f32[N,H], f32[N,H] → f32[N,H·D]`
    ///
    /// @param decay a, the logarithm of what is left of a state
    /// @param rate β
    /// @param op heads, sequences, and states from before
    /// @throws dev.gradine.tensor.ShapeException if a tensor does not fit the heads and sequences
    public static Var gatedRecurrence(GatedRecurrence op, Var q, Var k, Var v, Var decay, Var rate) {
        return q.tape().apply(op, q, k, v, decay, rate);
    }

    @Override
    public Forward<Saved> forward(Kernels kernels, List<Tensor> in) {
        int n = sequences.queries();
        GatedRecurrenceKernel.requireBeginnings(sequences, kept);
        requireShape(in, 0, "q", Shape.of(n, heads.keyWidth()), "rows and key heads");
        requireShape(in, 1, "k", Shape.of(n, heads.keyWidth()), "rows and key heads");
        requireShape(in, 2, "v", Shape.of(n, heads.valueWidth()), "rows and value heads");
        requireShape(in, 3, "decay", Shape.of(n, heads.valueHeads()), "rows and value heads");
        requireShape(in, 4, "rate", Shape.of(n, heads.valueHeads()), "rows and value heads");
        Saved saved = new Saved(in.get(0), in.get(1), in.get(2), in.get(3), in.get(4));
        Tensor y = kernels.emptyLike(saved.v);
        kernels.gatedRecurrence().forward(inputs(saved), heads, sequences, kept, y);
        return new Forward<>(y, saved);
    }

    private static void requireShape(List<Tensor> in, int i, String name, Shape expected, String because) {
        require("gated_recurrence", name, in.get(i).shape(), expected, because);
    }

    private static Inputs inputs(Saved s) {
        return new Inputs(s.q, s.k, s.v, s.decay, s.rate);
    }

    @Override
    public Grads5 backward(Kernels kernels, Saved s, Tensor dy, NeedsGrad needs) {
        if (kept != null) {
            throw new IllegalStateException(
                    "gated_recurrence: states are kept, expected none in backward (train without a cache)");
        }
        Inputs d = new Inputs(
                kernels.emptyLike(s.q),
                kernels.emptyLike(s.k),
                kernels.emptyLike(s.v),
                kernels.emptyLike(s.decay),
                kernels.emptyLike(s.rate));
        kernels.gatedRecurrence().backward(dy, inputs(s), heads, sequences, d);
        return new Grads5(
                NeedsGrad.keep(needs.a(), d.q(), kernels),
                NeedsGrad.keep(needs.b(), d.k(), kernels),
                NeedsGrad.keep(needs.c(), d.v(), kernels),
                NeedsGrad.keep(needs.d(), d.decay(), kernels),
                NeedsGrad.keep(needs.e(), d.rate(), kernels));
    }
}
