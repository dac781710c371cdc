package dev.gradine.nn;

import static dev.gradine.autograd.op.AddBias.addBias;

import dev.gradine.autograd.Var;
import org.jspecify.annotations.Nullable;

/// A linear layer.
///
/// ```
/// y = x Wᵀ + b
/// ```
///
/// An adapter of the pass may compute in its place: `forward` asks for it, `base` is the checkpoint's own layer.
public final class Linear implements Site {

    private final String path;
    private final Weight weight;
    private final @Nullable Weight bias;

    /// @param path name in Hugging Face checkpoints, such as `model.layers.0.self_attn.q_proj`
    /// @param weight `[O,I]`
    /// @param bias `f32[O]`, or null for none
    public Linear(String path, Weight weight, @Nullable Weight bias) {
        this.path = path;
        this.weight = weight;
        this.bias = bias;
    }

    @Override
    public String path() {
        return path;
    }

    /// `[O,I]`
    public Weight weight() {
        return weight;
    }

    /// Whether it adds a bias.
    public boolean hasBias() {
        return bias != null;
    }

    /// `f32[O]`
    ///
    /// @throws IllegalStateException if there is none
    public Weight bias() {
        if (bias == null) throw new IllegalStateException("bias: " + path + " has none");
        return bias;
    }

    /// Number of inputs I.
    public int in() {
        return weight.shape().dim(1);
    }

    /// Number of outputs O.
    public int out() {
        return weight.shape().dim(0);
    }

    /// The layer with whatever stands in for it in this pass, `f32[N,I] → f32[N,O]`.
    public Var forward(Var x, Pass pass) {
        return pass.adapters().at(this).apply(this, x, pass);
    }

    /// The layer itself, `f32[N,I] → f32[N,O]`.
    public Var base(Var x, Pass pass) {
        return biased(dev.gradine.autograd.op.MatMul.matMul(x, weight.on(x, pass)), pass);
    }

    /// Adds the bias, if there is one, to `y = x Wᵀ`, which is released.
    public Var biased(Var y, Pass pass) {
        if (bias == null) return y;
        Var sum = addBias(y, bias.on(y, pass));
        y.release();
        return sum;
    }

    /// Whether anything of it can differ from the checkpoint's.
    boolean isTouched(Adapters a) {
        return a.touches(this) || a.touches(weight) || (bias != null && a.touches(bias));
    }

    /// The weight that `pass` computes with, on the tape of `x`: an adapter's own product starts from it.
    public Var weight(Var x, Pass pass) {
        return weight.on(x, pass);
    }
}
