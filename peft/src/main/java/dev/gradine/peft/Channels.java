package dev.gradine.peft;

import static dev.gradine.autograd.op.Conv2d.conv2d;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.kernel.Conv2dKernel.Axis;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;

/// Factors of channels: convolutions of 1×1 in which each channel is a group of its own.
final class Channels {

    private Channels() {}

    /// `y[i,c,:,:] = l[c] · x[i,c,:,:]`
    ///
    /// @param l one value for each channel
    static Var scaled(Var x, Var l) {
        return scaled(
                x,
                l,
                x.tape().constant(x.tape().kernels().zeros(Shape.of(l.value().size()))));
    }

    /// The same with `b[c]` added, `f32[C]`.
    static Var scaled(Var x, Var l, Var b) {
        int n = l.value().size();
        return conv2d(x, reshape(l, n, 1, 1, 1), b, new Windows(Axis.PLAIN, Axis.PLAIN, n));
    }
}
