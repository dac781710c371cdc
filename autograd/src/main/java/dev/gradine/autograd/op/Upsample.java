package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.UpsampleKernel.Enlargement;
import dev.gradine.tensor.kernel.UpsampleKernel.Mode;

/// Images enlarged by a whole factor s.
///
/// ```
/// y[d,e] = Σ_{i,j} U[d,i] · U[e,j] · x[i,j]      dx[i,j] = Σ_{d,e} U[d,i] · U[e,j] · dy[d,e]
/// nearest:   U[d,i] = 1[⌊d / s⌋ = i]
/// bilinear:  U[d,i] = max(0, 1 − |t − i|)        t = min(n − 1, max(0, (d + ½) / s − ½))
/// ```
///
/// n is the size along the axis. Bilinear is that of PyTorch's `Upsample` with `align_corners=False`: the centres of
/// pixels keep their places.
///
/// @param by the factor s, and which of the two
public record Upsample(Enlargement by) implements Op1<Upsample.Saved> {

    /// Shape and type of the input, for its gradient.
    record Saved(Shape shape, DType type) {}

    /// `f32[B,C,H,W] → f32[B,C,s·H,s·W]`
    ///
    /// @throws dev.gradine.tensor.ShapeException if `x` has not four axes
    public static Var upsample(Var x, Mode mode, int factor) {
        return x.tape().apply(new Upsample(new Enlargement(mode, factor)), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        Tensor y = k.empty(x.dtype(), by.of(x.shape()));
        k.upsample().forward(x, by, y);
        return new Forward<>(y, new Saved(x.shape(), x.dtype()));
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.empty(s.type(), s.shape());
        k.upsample().backward(dy, by, dx);
        return dx;
    }
}
