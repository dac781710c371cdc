package dev.gradine.peft;

import static dev.gradine.autograd.op.AddBias.addBias;
import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/// LoRA with a bias behind B, PEFT's `lora_bias`.
///
/// ```
/// y = x Wᵀ + b + s · (drop(x) Aᵀ Bᵀ + b′)       W′ = W + s · B A       merged bias: b + s · b′
/// ```
///
/// b′ starts zero. It merges into a layer's bias; a layer without one has no place for it.
///
/// @param low LoRA itself
/// @param bias b′, trained, `f32[O]`
record LoraBias(LoraLinear low, Param bias) implements LinearAdapter {

    @Override
    public Var apply(Linear base, Var x, Pass pass) {
        Var y = low.apply(base, x, pass);
        Var sum = addBias(y, scale(x.tape().param(bias), low.s()));
        y.release();
        return sum;
    }

    @Override
    public Tensor merged(Tensor w, Kernels k) {
        return low.merged(w, k);
    }

    @Override
    public Beside beside() {
        return Beside.ADDS;
    }

    @Override
    public boolean changesBias() {
        return true;
    }

    @Override
    public boolean needsBias() {
        return true;
    }

    @Override
    public Tensor mergedBias(Tensor b, Kernels k) {
        k.elementwise().axpy(low.s(), bias.value(), b);
        return b;
    }

    @Override
    public LoraBias over(UnaryOperator<Param> values) {
        return new LoraBias(low.over(values), values.apply(bias));
    }

    @Override
    public SequencedMap<String, Param> params() {
        SequencedMap<String, Param> m = low.params();
        m.put("lora_B.bias", bias);
        return m;
    }
}
