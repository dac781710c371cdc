package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Permute;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/// An adapter whose formula gives what is added to the output of a linear layer.
///
/// ```
/// y = x Wᵀ + b + u(drop(x))       W′ = W + u(1)ᵀ      1 is the unit matrix
/// ```
///
/// @param update u, linear: from `f32[N,I]` to `f32[N,O]`
/// @param drop what is left out in training
/// @param number of this adapter in its model, so that no two draw the same mask
record AddedOutput(NamedParams values, BiFunction<Var, Here, Var> update, Drop drop, int number)
        implements AddingAdapter {

    @Override
    public Var update(Var x, Here here) {
        return update.apply(x, here);
    }

    @Override
    public Tensor merged(Tensor w, Kernels k) {
        Here here = Here.merging(w, values, k);
        Tensor transposed = update.apply(here.unit(here.in()), here).value();
        k.elementwise().axpy(1, Permute.permuted(k, transposed, 1, 0), w);
        return w;
    }

    @Override
    public AddedOutput over(UnaryOperator<Param> others) {
        return new AddedOutput(values.over(others), update, drop, number);
    }
}
