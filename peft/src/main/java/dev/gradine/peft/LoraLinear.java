package dev.gradine.peft;

import static dev.gradine.autograd.op.AddBias.addBias;
import static dev.gradine.autograd.op.Dropout.dropout;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Linear.linear;
import static dev.gradine.autograd.op.LowRankLinear.lowRankLinear;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.DenseLinear;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.random.RandomGenerator;

/// Low-rank adapter over a frozen linear layer.
///
/// ```
/// y = x Wᵀ + b + s · drop(x) Aᵀ Bᵀ       s = alpha / rank  (rsLoRA: alpha / √rank)       ΔW = s · B A
/// ```
///
/// Hu et al. 2021 (arXiv:2106.09685), eq. 3; Kalajdzievski 2023 (arXiv:2312.03732) for rsLoRA. A starts uniform within
/// ±1/√I, as PEFT has it, and B zero, so that the layer computes what the base did before the first step.
///
/// @param base frozen, `[O,I]`, of any real type
/// @param a trained, `f32[R,I]`
/// @param b trained, `f32[O,R]`
/// @param s scale
/// @param drop when and what to drop of x; shared by the adapters of a model
/// @param index number of this adapter in its model, so that no two draw the same mask
public record LoraLinear(DenseLinear base, Param a, Param b, float s, DropoutPlan drop, int index) implements Adapter {

    /// How wide and how loud the low-rank path is.
    ///
    /// @param rank inner width R, at least 1
    /// @param s scale of the update
    public record Size(int rank, float s) {
        /// @throws IllegalArgumentException if the rank is below 1
        public Size {
            if (rank < 1) throw new IllegalArgumentException("lora: rank is " + rank + ", expected >= 1");
        }
    }

    /// A fresh adapter in the memory of `run`, which must outlive training.
    static LoraLinear over(String path, DenseLinear base, Size size, Site site, RandomGenerator rng) {
        Shape w = base.weight().base().value().shape();
        int in = w.dim(1);
        float[] a = new float[size.rank() * in];
        double bound = 1 / Math.sqrt(in);
        for (int i = 0; i < a.length; i++) a[i] = (float) rng.nextDouble(-bound, bound);
        Tensor aValue = site.run().of(Shape.of(size.rank(), in), a);
        Tensor bValue = site.run().zeros(Shape.of(w.dim(0), size.rank()));
        return of(path, base, aValue, bValue, size.s(), site);
    }

    /// An adapter of given values.
    ///
    /// @throws AdapterException if a shape does not fit the base layer
    static LoraLinear of(String path, DenseLinear base, Tensor a, Tensor b, float s, Site site) {
        Shape w = base.weight().base().value().shape();
        Shape expectedA = Shape.of(a.shape().dim(0), w.dim(1));
        Shape expectedB = Shape.of(w.dim(0), a.shape().dim(0));
        AdapterException.requireShape(path + ".lora_A", a.shape(), expectedA, "base weight " + w);
        AdapterException.requireShape(path + ".lora_B", b.shape(), expectedB, "base weight " + w);
        Param pa = Param.trained(path + ".lora_A.weight", a, site.run());
        Param pb = Param.trained(path + ".lora_B.weight", b, site.run());
        return new LoraLinear(base, pa, pb, s, site.drop(), site.index());
    }

    /// Where an adapter is put.
    ///
    /// @param run lifetime of its weights
    /// @param drop dropout shared with its siblings
    /// @param index its number in the model
    record Site(Kernels run, DropoutPlan drop, int index) {}

    @Override
    public Var forward(Var x) {
        Tape t = x.tape();
        Var w = t.param(base.weight().active());
        Var y = drop.isOn() ? dropping(x, w, t) : lowRankLinear(x, w, t.param(a), t.param(b), s);
        if (!base.hasBias()) return y;
        Var sum = addBias(y, t.param(base.bias().active()));
        y.release();
        return sum;
    }

    private Var dropping(Var x, Var w, Tape t) {
        Var left = dropout(x, drop.p(), drop.seed(index));
        Var low = linear(left, t.param(a));
        left.recompute();
        Var high = linear(low, t.param(b));
        low.release();
        Var update = scale(high, s);
        high.release();
        Var own = linear(x, w);
        Var y = add(own, update);
        own.release();
        update.release();
        return y;
    }

    @Override
    public LoraLinear snapshot(Kernels run) {
        return new LoraLinear(base, frozen(a, run), frozen(b, run), s, drop, index);
    }

    private static Param frozen(Param p, Kernels run) {
        Tensor copy = run.empty(p.value().shape());
        run.copy(p.value(), copy);
        return Param.frozen(p.name(), copy);
    }

    @Override
    public Tensor delta(Kernels k) {
        Tensor d = k.empty(base.weight().base().value().shape());
        k.matMul().nn(b.value(), a.value(), s, false, d);
        return d;
    }

    @Override
    public SequencedMap<String, Param> trained() {
        SequencedMap<String, Param> m = new LinkedHashMap<>();
        m.put("lora_A.weight", a);
        m.put("lora_B.weight", b);
        return m;
    }
}
