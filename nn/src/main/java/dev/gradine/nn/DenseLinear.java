package dev.gradine.nn;

import static dev.gradine.autograd.op.AddBias.addBias;
import static dev.gradine.autograd.op.Linear.linear;

import dev.gradine.autograd.Var;
import org.jspecify.annotations.Nullable;

/// The linear layer of a checkpoint.
///
/// ```
/// y = x Wᵀ + b
/// ```
public final class DenseLinear implements LinearModule {

    private final ParamSlot weight;
    private final @Nullable ParamSlot bias;

    /// @param weight `[O,I]`
    /// @param bias `f32[O]`, or null for none
    public DenseLinear(ParamSlot weight, @Nullable ParamSlot bias) {
        this.weight = weight;
        this.bias = bias;
    }

    /// `[O,I]`
    public ParamSlot weight() {
        return weight;
    }

    /// Whether it adds a bias.
    public boolean hasBias() {
        return bias != null;
    }

    /// `f32[O]`
    ///
    /// @throws IllegalStateException if there is none
    public ParamSlot bias() {
        if (bias == null) throw new IllegalStateException("bias: " + weight.path() + " has none");
        return bias;
    }

    /// Whether it computes with the checkpoint's own frozen weights now.
    boolean isPlain() {
        return weight.isPlain() && (bias == null || bias.isPlain());
    }

    @Override
    public Var forward(Var x) {
        Var y = linear(x, x.tape().param(weight.active()));
        if (bias == null) return y;
        Var sum = addBias(y, x.tape().param(bias.active()));
        y.release();
        return sum;
    }
}
