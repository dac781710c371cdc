package dev.gradine.autograd.op;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Strides;
import java.util.List;

/// Sum over the last axis. Over another one: `Permute` it to the end first.
///
/// ```
/// y_n = Σ_c x_nc      dx_nc = dy_n
/// ```
public record SumLast() implements Op1<SumLast.Saved> {

    /// Shape and type of the input.
    record Saved(Shape shape, DType dtype) {}

    /// `f32[…,C] → f32[…]`; a sum of BF16 is F32.
    public static Var sumLast(Var x) {
        return x.tape().apply(new SumLast(), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, Tensor x) {
        Tensor y = k.empty(x.shape().dropLast());
        k.reduce().rowSums(x, y);
        return new Forward<>(y, new Saved(x.shape(), x.dtype()));
    }

    @Override
    public Tensor backward(Kernels k, Saved s, Tensor dy) {
        Tensor once = k.empty(s.dtype(), dy.shape());
        k.copy(dy, once);
        Tensor dx = k.empty(s.dtype(), s.shape());
        Shape rows = Shape.of(dy.size(), s.shape().last());
        k.layout().copy(rows, once, new Strides(0, List.of(1, 0)), dx, Strides.of(rows));
        k.release(once);
        return dx;
    }
}
