package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.AttentionKernel.Upstream;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Fn;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;
import dev.gradine.tensor.kernel.Sequences;
import org.jspecify.annotations.Nullable;

/// Attention whose softmax has one score more in each head, to which no value belongs: a sink.
///
/// ```
/// P = exp(S) / (Σ exp(S) + exp(s_h))        y = P v        lse = ln(Σ exp(S) + exp(s_h))
/// dS = P ∘ (dP − rowsum(dy ∘ y))            ds_h = − Σ_rows exp(s_h − lse) · rowsum(dy ∘ y)
/// ```
///
/// Xiao et al. 2023 (arXiv:2309.17453); with a trained score, gpt-oss (arXiv:2508.10925), section 2. `Attention` has
/// the rest of the formulas: its kernels give y and lse without the sink, and with `lse` above its backward is ours.
///
/// @param spec numbers of heads, head size, scale, soft cap, mask
/// @param sequences where each sequence lies, and which one it continues
public record AttentionWithSinks(AttentionSpec spec, Sequences sequences) implements Op4<AttentionWithSinks.Saved> {

    /// `lse`, one value per row and head, from which backward recomputes P; `y` for rowsum(dy ∘ y).
    record Saved(Attention.Saved attention, Tensor sinks) {}

    /// `f32[Nq,H·D], f32[Nk,G·D], f32[Nk,G·D], f32[H] → f32[Nq,H·D]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if a tensor does not fit the heads and sequences
    public static Var attentionWithSinks(Var q, Var k, Var v, Var sinks, AttentionSpec spec, Sequences sequences) {
        return q.tape().apply(new AttentionWithSinks(spec, sequences), q, k, v, sinks);
    }

    @Override
    public Forward<Saved> forward(Kernels kernels, Tensor q, Tensor k, Tensor v, Tensor sinks) {
        require("attention", "sinks", sinks.shape(), Shape.of(spec.heads()), "one per query head");
        Attention.Saved s =
                new Attention(spec, sequences).forward(kernels, q, k, v).saved();
        Tensor above = kernels.emptyLike(s.lse()); // lse − s
        kernels.function().combine(Fn2.SUB, Per.COLUMN, s.lse(), sinks, above);
        Tensor share = kernels.emptyLike(above);
        kernels.function().apply(Fn.SIGMOID, 0, 0, above, share);
        Tensor y = heads(s.y());
        kernels.function().combine(Fn2.MUL, Per.ROW, y, share, y);
        kernels.function().apply(Fn.LOG_SIGMOID, 0, 0, above, above);
        kernels.function().combine(Fn2.SUB, Per.VALUE, s.lse(), above, s.lse());
        kernels.release(above);
        kernels.release(share);
        return new Forward<>(s.y(), new Saved(s, sinks));
    }

    /// A row for each head.
    private Tensor heads(Tensor rows) {
        return rows.reshape(Shape.of(rows.shape().rows() * spec.heads(), spec.headDim()));
    }

    @Override
    public Grads4 backward(Kernels kernels, Saved saved, Tensor dy, NeedsGrad needs) {
        Attention.Saved s = saved.attention;
        Tensor dq = kernels.emptyLike(s.q());
        Tensor dk = kernels.emptyLike(s.k());
        Tensor dv = kernels.emptyLike(s.v());
        Upstream up = new Upstream(dy, s.y(), s.lse());
        kernels.attention().backward(up, s.q(), s.k(), s.v(), spec, sequences, dq, dk, dv);
        @Nullable Tensor ds = needs.d() ? ofSinks(kernels, saved, dy) : null;
        return new Grads4(
                NeedsGrad.keep(needs.a(), dq, kernels),
                NeedsGrad.keep(needs.b(), dk, kernels),
                NeedsGrad.keep(needs.c(), dv, kernels),
                ds);
    }

    private Tensor ofSinks(Kernels kernels, Saved saved, Tensor dy) {
        Attention.Saved s = saved.attention;
        Tensor product = kernels.emptyLike(dy);
        kernels.function().combine(Fn2.MUL, Per.VALUE, dy, s.y(), product);
        Tensor sums = kernels.empty(s.lse().shape());
        kernels.reduce().rowSums(heads(product), sums.reshape(Shape.of(sums.size())));
        kernels.release(product);
        Tensor p = kernels.emptyLike(s.lse());
        kernels.function().combine(Fn2.SUB, Per.COLUMN, s.lse(), saved.sinks, p);
        kernels.function().apply(Fn.NEG, 0, 0, p, p);
        kernels.function().apply(Fn.EXP, 0, 0, p, p);
        kernels.function().combine(Fn2.MUL, Per.VALUE, p, sums, p);
        kernels.function().apply(Fn.NEG, 0, 0, p, p);
        Tensor ds = kernels.zeros(saved.sinks.shape());
        kernels.reduce().addColumnSums(p, ds);
        kernels.release(sums);
        kernels.release(p);
        return ds;
    }
}
