package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.nn.ExpertProduct.expertProduct;
import static dev.gradine.peft.ExpertFactors.ofExpert;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.ExpertLinear;
import dev.gradine.nn.ExpertRows;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Weight;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/// Low-rank adapters of all experts of a layer, each with its own factors.
///
/// ```
/// y[r] = x[r] W_eᵀ + s · x[r] A_eᵀ B_eᵀ      for each expert e and its rows r      ΔW_e = s · B_e A_e
/// ```
///
/// PEFT's `target_parameters`, as of release 0.19; A begins uniform within ±1/√I, B with zeros. `ExpertFactors` says
/// how the factors lie on disk.
///
/// @param factors A `f32[E,R,I]` and B `f32[E,O,R]`, trained
/// @param s scale
record LoraExperts(NamedParams factors, float s) implements ExpertAdapter {

    /// Fresh adapters in the memory of `start.run()`.
    ///
    /// @throws AdapterException names an option that PEFT has not for experts
    static LoraExperts over(ExpertLinear layer, Lora how, Start start) {
        require(how.dropout() == 0, layer, "dropout is " + how.dropout() + ", expected 0");
        require(!how.loraBias(), layer, "lora-bias is true, expected false");
        LoraInit init = how.details().initLoraWeights();
        require(init == LoraInit.Plain.TRUE, layer, "init-lora-weights is " + init + ", expected true");
        int r = how.rank(layer.path());
        NamedParams factors = start.params(layer)
                .kaiming(LoraLinear.A, layer.experts(), r, layer.in())
                .zeros(LoraLinear.B, layer.experts(), layer.out(), r)
                .build();
        return new LoraExperts(factors, how.scale(layer.path()));
    }

    private static void require(boolean holds, ExpertLinear layer, String message) {
        if (!holds) throw new AdapterException("lora: %s at %s, which is of experts".formatted(message, layer.path()));
    }

    @Override
    public Var apply(ExpertLinear base, Var x, ExpertRows rows, Pass pass) {
        Tape t = x.tape();
        Var y = base.base(x, rows, pass);
        Var u = expertProduct(x, t.param(factors.get(LoraLinear.A)), rows);
        Var low = expertProduct(u, t.param(factors.get(LoraLinear.B)), rows);
        return add(y, scale(low, s));
    }

    @Override
    public SequencedMap<String, Param> params() {
        return factors.trained();
    }

    @Override
    public LoraExperts over(UnaryOperator<Param> values) {
        return new LoraExperts(factors.over(values), s);
    }

    @Override
    public Tensor merged(ExpertLinear layer, Weight weight, Tensor w, Kernels k) {
        ExpertLinear.Slice at = layer.slice(weight);
        Tensor a = ofExpert(factors.get(LoraLinear.A).value(), at.expert());
        Tensor b = ofExpert(factors.get(LoraLinear.B).value(), at.expert());
        k.matMul().nn(b.rows(at.from(), at.from() + w.shape().dim(0)), a, s, true, w);
        return w;
    }
}
