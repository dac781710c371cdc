package dev.gradine.peft;

import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.CustomOp;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Sums of the rows that belong to one group.
///
/// ```
/// y_g = Σ x_n over all n with groups_n = g      dx_n = dy_{groups_n}
/// ```
///
/// @param groups `i32[N]`, each in `[0, count)`
/// @param count number of groups
record SummedRows(Tensor groups, int count) implements CustomOp<SummedRows.Saved> {

    /// Shape of x.
    record Saved(Shape x) {}

    /// `f32[N,C] → f32[count,C]`
    static Var summedRows(Var x, Tensor groups, int count) {
        return x.tape().apply(new SummedRows(groups, count), x);
    }

    @Override
    public Forward<Saved> forward(Kernels k, List<Tensor> inputs) {
        Tensor x = inputs.getFirst();
        Tensor y = k.zeros(Shape.of(count, x.shape().dim(1)));
        k.indexSelect().backward(groups, x, y);
        return new Forward<>(y, new Saved(x.shape()));
    }

    @Override
    public List<@Nullable Tensor> backward(Kernels k, Saved s, Tensor dy) {
        Tensor dx = k.empty(s.x());
        k.indexSelect().forward(groups, dy, dx);
        return List.of(dx);
    }
}
