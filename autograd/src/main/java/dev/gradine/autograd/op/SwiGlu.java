package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;

/// Gated linear unit with the SiLU gate.
///
/// ```
/// y  = silu(g) · u                               silu(g) = g · σ(g)
/// dg = dy · u · σ(g) · (1 + g · (1 − σ(g)))      du = dy · silu(g)
/// ```
///
/// Shazeer 2020 (arXiv:2002.05202), eq. 5, without its projections.
public record SwiGlu() implements Op2<SwiGlu.Saved> {

    /// Both inputs: recomputing the sigmoid is cheaper than storing it.
    record Saved(Tensor gate, Tensor up) {}

    /// `f32[…], f32[…] → f32[…]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if the shapes differ
    public static Var swiGlu(Var gate, Var up) {
        return gate.tape().apply(new SwiGlu(), gate, up);
    }

    @Override
    public boolean isCheap() {
        return true;
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor gate, Tensor up) {
        require("swi_glu", "up", up.shape(), gate.shape(), "shape of gate");
        Tensor y = k.emptyLike(gate);
        k.activation().swiGlu(gate, up, y);
        return new Forward<>(y, new Saved(gate, up));
    }

    @Override
    public Grads2 backward(Kernels k, Saved s, Tensor dy, NeedsGrad needs) {
        Tensor dGate = k.emptyLike(dy);
        Tensor dUp = k.emptyLike(dy);
        k.activation().swiGluBackward(dy, s.gate(), s.up(), dGate, dUp);
        return new Grads2(NeedsGrad.keep(needs.a(), dGate, k), NeedsGrad.keep(needs.b(), dUp, k));
    }
}
