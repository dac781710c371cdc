package dev.gradine.nn;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Conv2d;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import org.jspecify.annotations.Nullable;

/// A convolution over height and width.
///
/// ```
/// y[i,o,p,q] = b[o] + Σ_{c,r,s} w[o,c,r,s] · x[i,c,h,v]      see autograd's Conv2d
/// ```
///
/// An adapter of the pass may compute in its place: `forward` asks for it, `base` is the checkpoint's own layer.
public final class Convolution implements Site {

    private final String path;
    private final Weight weight;
    private final @Nullable Weight bias;
    private final Windows windows;

    /// @param path name in Hugging Face checkpoints, such as `down_blocks.0.resnets.0.conv1`
    /// @param weight `[O,C/groups,R,S]`
    /// @param bias `f32[O]`, or null for none
    /// @param windows stride, padding and dilation along both axes, and groups
    public Convolution(String path, Weight weight, @Nullable Weight bias, Windows windows) {
        this.path = path;
        this.weight = weight;
        this.bias = bias;
        this.windows = windows;
    }

    @Override
    public String path() {
        return path;
    }

    /// `[O,C/groups,R,S]`
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

    /// Stride, padding, dilation and groups.
    public Windows windows() {
        return windows;
    }

    /// Channels C that it reads.
    public int channels() {
        return weight.shape().dim(1) * windows.groups();
    }

    /// Channels O that it writes.
    public int out() {
        return weight.shape().dim(0);
    }

    /// Values R · S of a window in one channel.
    public int window() {
        return weight.shape().dim(2) * weight.shape().dim(3);
    }

    /// The layer with whatever stands in for it in this pass, `f32[B,C,H,W] → f32[B,O,P,Q]`.
    public Var forward(Var x, Pass pass) {
        return pass.adapters().at(this).apply(this, x, pass);
    }

    /// The layer itself.
    public Var base(Var x, Pass pass) {
        return Conv2d.conv2d(x, weight.on(x, pass), bias(x.tape(), pass), windows);
    }

    /// The bias that `pass` computes with; zeros where there is none.
    public Var bias(Tape t, Pass pass) {
        return bias == null
                ? t.constant(t.kernels().zeros(Shape.of(out())))
                : t.param(pass.adapters().at(bias));
    }

    /// The linear layer that computes the same of patches: what lies under one window, channel by channel, is one row
    /// of its input, `[O, C · R · S]`. Its weight is the checkpoint's own.
    ///
    /// @throws IllegalStateException if there are groups: then an output reads only its own part of a patch
    public Linear matrix() {
        if (windows.groups() > 1) {
            throw new IllegalStateException(
                    "convolution: %s has %d groups, expected one".formatted(path, windows.groups()));
        }
        Shape flat = Shape.of(out(), channels() * window());
        Param values = Param.frozen(weight.path(), weight.param().value().reshape(flat));
        return new Linear(path, new Weight(weight.path(), values), bias);
    }
}
