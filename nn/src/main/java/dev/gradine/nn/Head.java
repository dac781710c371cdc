package dev.gradine.nn;

import static dev.gradine.autograd.op.Scale.scale;

import dev.gradine.autograd.Var;

/// From hidden states to logits.
///
/// ```
/// z = cap · tanh(s · W h / cap)        without a cap: z = s · W h
/// ```
///
/// @param linear `lm_head`, `[V,C]`
/// @param factor s, 1 in most families
/// @param softCap largest size of a logit, 0 for none; Gemma 2 report (arXiv:2408.00118), section 2
public record Head(Linear linear, float factor, float softCap) {

    /// Logits as the layer gives them.
    public static Head of(Linear linear) {
        return new Head(linear, 1, 0);
    }

    /// Whether logits are what the layer gives, so that they can be computed together with what is made of them.
    public boolean isPlain() {
        return factor == 1 && softCap == 0;
    }

    /// `f32[N,C] → f32[N,V]`
    public Var logits(Var h, Pass pass) {
        Var z = linear.forward(h, pass);
        return isPlain() ? z : h.tape().frame(this::shaped, z);
    }

    private Var shaped(Var z) {
        if (softCap == 0) return scale(z, factor);
        return scale(tanh(scale(z, factor / softCap)), softCap);
    }
}
