package dev.gradine.autograd.op;

import static dev.gradine.tensor.ShapeException.require;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Conv2dKernel.Windows;
import dev.gradine.tensor.kernel.Conv2dShapes;
import org.jspecify.annotations.Nullable;

/// Convolution over height and width, with groups of channels.
///
/// ```
/// y[i,o,p,q]  = b[o] + Σ_{c,r,s} w[o,c,r,s] · x[i,c,h,v]
/// dx[i,c,h,v] = Σ w[o,c,r,s] · dy[i,o,p,q]       over all (o,p,q,r,s) that read (h,v)
/// dw[o,c,r,s] = Σ_{i,p,q} dy[i,o,p,q] · x[i,c,h,v]          db[o] = Σ_{i,p,q} dy[i,o,p,q]
/// h = p · stride − padding + r · dilation, v from q and s likewise; x is 0 outside; c is in the group of o
/// ```
///
/// The weight is not turned around: LeCun et al. 1998 (Gradient-based learning applied to document recognition),
/// section II.A, as PyTorch's `Conv2d` has it. Backward: `docs/derivations.md#conv2d`.
///
/// @param windows stride, padding and dilation along both axes, and groups
public record Conv2d(Windows windows) implements Op3<Conv2d.Saved> {

    /// Both inputs that the gradients multiply; the bias for its shape alone.
    record Saved(Tensor x, Tensor w, Tensor b) {}

    /// `f32[B,C,H,W], [O,C/groups,R,S], f32[O] → f32[B,O,P,Q]`; a frozen weight may have any real type.
    ///
    /// @throws dev.gradine.tensor.ShapeException if the shapes do not meet or the window is larger than the image
    public static Var conv2d(Var x, Var w, Var b, Windows windows) {
        return x.tape().apply(new Conv2d(windows), x, w, b);
    }

    /// Without a bias.
    ///
    /// @throws dev.gradine.tensor.ShapeException as above
    public static Var conv2d(Var x, Var w, Windows windows) {
        Tensor none = x.tape().kernels().zeros(Shape.of(w.shape().dim(0)));
        return conv2d(x, w, x.tape().constant(none), windows);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x, Tensor w, Tensor b) {
        Conv2dShapes s = new Conv2dShapes(x.shape(), w.shape(), windows);
        require("conv2d", "b", b.shape(), Shape.of(s.outputs()), "first axis of w " + w.shape());
        Tensor y = k.empty(x.dtype(), s.y());
        k.conv2d().forward(x, w, b, windows, y);
        return new Forward<>(y, new Saved(x, w, b));
    }

    @Override
    public Grads3 backward(Kernels k, Saved s, Tensor dy, NeedsGrad needs) {
        @Nullable Tensor dx = null;
        if (needs.a()) {
            dx = k.emptyLike(s.x());
            k.conv2d().inputGradient(dy, s.w(), windows, dx);
        }
        @Nullable Tensor dw = needs.b() ? k.zeros(s.w().shape()) : null;
        @Nullable Tensor db = needs.c() ? k.zeros(s.b().shape()) : null;
        if (dw != null || db != null) k.conv2d().parameterGradients(dy, s.x(), windows, dw, db);
        return new Grads3(dx, dw, db);
    }
}
