package dev.gradine.nn;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.softCap;

import dev.gradine.autograd.Var;

/// From hidden states to logits.
///
/// ```
/// z = cap · tanh(s · W h / cap)        without a cap: z = s · W h
/// ```
///
/// @param linear `lm_head`, `[V,C]`
/// @param factor s, 1 in most families
/// @param cap largest size of a logit, 0 for none; Gemma 2 report (arXiv:2408.00118), section 2
public record Head(Linear linear, float factor, float cap) {

    /// Logits as the layer gives them.
    public static Head of(Linear linear) {
        return new Head(linear, 1, 0);
    }

    /// Whether logits are what the layer gives, so that they can be computed together with what is made of them.
    public boolean isPlain() {
        return factor == 1 && cap == 0;
    }

    /// `f32[N,C] → f32[N,V]`
    public Var logits(Var h, Pass pass) {
        Var z = linear.forward(h, pass);
        return isPlain() ? z : h.tape().frame(this::shaped, z);
    }

    private Var shaped(Var z) {
        Var scaled = factor == 1 ? z : scale(z, factor);
        return cap == 0 ? scaled : softCap(scaled, cap);
    }
}
