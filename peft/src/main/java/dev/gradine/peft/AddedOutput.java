package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.add;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Permute;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.SequencedMap;
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
        implements LinearAdapter {

    @Override
    public Var apply(Linear base, Var x, Pass pass) {
        Here here = Here.in(pass, x, base, values, number);
        if (drop.all(here)) return base.base(x, pass);
        return x.tape()
                .frame(
                        in -> {
                            Var read = drop.from(in, here);
                            return add(base.base(in, pass), update.apply(read, here));
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
        return x.tape().frame(in -> update.apply(drop.from(in, here), here), x);
    }

    @Override
    public Tensor merged(Tensor w, Kernels k) {
        Here here = Here.merging(w, values, k);
        Tensor transposed = update.apply(here.unit(here.in()), here).value();
        k.elementwise().axpy(1, Permute.permuted(k, transposed, 1, 0), w);
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
    public AddedOutput over(UnaryOperator<Param> others) {
        return new AddedOutput(values.over(others), update, drop, number);
    }
}
