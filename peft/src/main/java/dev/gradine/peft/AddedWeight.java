package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.MatMul.matMul;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.SequencedMap;
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
record AddedWeight(NamedParams values, Function<Here, Var> delta, Drop drop, int number) implements LinearAdapter {

    @Override
    public Var apply(Linear base, Var x, Pass pass) {
        Here here = Here.in(pass, x, base, values, number);
        if (drop.all(here)) return base.base(x, pass);
        return x.tape()
                .frame(
                        in -> {
                            Var read = drop.from(in, here);
                            return add(base.base(in, pass), matMul(read, delta.apply(here)));
                        },
                        x);
    }

    @Override
    public Beside beside() {
        return Beside.ADDS;
    }

    @Override
    public Var added(Linear base, Var x, Pass pass) {
        Here here = Here.in(pass, x, base, values, number);
        if (drop.all(here)) return here.zeros(x.shape().dim(0), base.out());
        return x.tape().frame(in -> matMul(drop.from(in, here), delta.apply(here)), x);
    }

    @Override
    public Tensor merged(Tensor w, Kernels k) {
        Tensor d = delta.apply(Here.merging(w, values, k)).value();
        k.elementwise().axpy(1, d, w);
        return w;
    }

    @Override
    public SequencedMap<String, Param> params() {
        return values.trained();
    }

    @Override
    public SequencedMap<String, Param> fixed() {
        return values.fixed();
    }

    @Override
    public AddedWeight over(UnaryOperator<Param> others) {
        return new AddedWeight(values.over(others), delta, drop, number);
    }
}
