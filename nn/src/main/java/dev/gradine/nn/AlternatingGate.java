package dev.gradine.nn;

import static dev.gradine.autograd.op.Functions.clamp;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Functions.sigmoid;
import static dev.gradine.autograd.op.Reshape.reshape;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;

import dev.gradine.autograd.Var;

/// The activation of gpt-oss' experts, whose outputs of gate and up alternate.
///
/// ```
/// g = min(z₀, z₂, …; limit)        u = clamp(z₁, z₃, …; ±limit)        y = (u + 1) · g · σ(α g)
/// ```
///
/// OpenAI 2025 (arXiv:2508.10925), section 2.2. Where a value is cut there is no gradient.
public record AlternatingGate(float alpha, float limit) implements Experts.Inner {

    @Override
    public Var of(Var gateUp) {
        int rows = gateUp.shape().rows();
        int width = gateUp.shape().last() / 2;
        Var pairs = reshape(gateUp, rows * width, 2);
        Var g = clamp(reshape(sliceColumns(pairs, 0, 1), rows, width), -Float.MAX_VALUE, limit);
        Var u = clamp(reshape(sliceColumns(pairs, 1, 2), rows, width), -limit, limit);
        return mul(shift(u, 1), mul(g, sigmoid(scale(g, alpha))));
    }
}
