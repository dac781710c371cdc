package dev.gradine.peft;

import static dev.gradine.autograd.op.MatMul.matMul;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// An adapter whose formula gives what is added to the weight of a linear layer.
///
/// ```
/// y = x Wᵀ + b + drop(x) ΔWᵀ       W′ = W + ΔW
/// ```
///
/// @param delta ΔW, `f32[O,I]`
/// @param drop what is left out in training
/// @param number of this adapter in its model, so that no two draw the same mask
record AddedWeight(NamedParams values, Function<Here, Var> delta, Drop drop, int number) implements AddingAdapter {

    @Override
    public Var update(Var x, Here here) {
        return matMul(x, delta.apply(here));
    }

    @Override
    public Tensor merged(Tensor w, Kernels k) {
        Tensor d = delta.apply(Here.merging(w, values, k)).value();
        k.elementwise().axpy(1, d, w);
        return w;
    }

    @Override
    public AddedWeight over(UnaryOperator<Param> others) {
        return new AddedWeight(values.over(others), delta, drop, number);
    }
}
