package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.MatMul.matMul;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;
import java.util.SequencedMap;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;

/// An adapter whose formula changes the input of a linear layer, mostly turns it.
///
/// ```
/// y = s ∘ (r(x) Wᵀ) + b       W′ = diag(s) W r(1)ᵀ      1 is the unit matrix, s is 1 where there is none
/// ```
///
/// @param turn r, linear: from `f32[N,I]` to `f32[N,I]`
/// @param scale name of s, O values; empty for none
/// @param number of this adapter in its model, so that no two draw the same mask
record TurnedInput(NamedParams values, BiFunction<Var, Here, Var> turn, String scale, int number)
        implements LinearAdapter {

    @Override
    public Var apply(Linear base, Var x, Pass pass) {
        Here here = Here.in(pass, x, base, values, number);
        Var y = x.tape().frame(in -> scaled(matMul(turn.apply(in, here), base.weight(in, pass)), here), x);
        return base.biased(y, pass);
    }

    private Var scaled(Var y, Here here) {
        return scale.isEmpty() ? y : mul(y, here.flat(scale));
    }

    @Override
    public Tensor merged(Tensor w, Kernels k) {
        Here here = Here.merging(w, values, k);
        Tensor turned = turn.apply(here.unit(here.in()), here).value();
        Tensor y = k.empty(w.shape());
        k.matMul().nt(w, turned, 1, false, y);
        if (!scale.isEmpty()) {
            k.function().combine(Fn2.MUL, Per.ROW, y, values.get(scale).value(), y);
        }
        return y;
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
    public TurnedInput over(UnaryOperator<Param> others) {
        return new TurnedInput(values.over(others), turn, scale, number);
    }
}
