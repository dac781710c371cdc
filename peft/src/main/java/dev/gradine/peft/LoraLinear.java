package dev.gradine.peft;

import static dev.gradine.autograd.op.Dropout.dropout;
import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.LowRankLinear.lowRankLinear;
import static dev.gradine.autograd.op.MatMul.matMul;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.tensor.DType;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.UnaryOperator;

/// Low-rank adapter over a frozen linear layer.
///
/// ```
/// y = x Wᵀ + b + s · drop(x) Aᵀ Bᵀ       s = alpha / rank  (rsLoRA: alpha / √rank)       ΔW = s · B A
/// ```
///
/// Hu et al. 2021 (arXiv:2106.09685), eq. 3; Kalajdzievski 2023 (arXiv:2312.03732) for rsLoRA. How A and
/// B begin is in `LoraInit`.
///
/// @param a trained, `f32[R,I]`
/// @param b trained, `f32[O,R]`
/// @param s scale
/// @param p probability of dropping a value of x in training
/// @param index number of this adapter in its model, so that no two draw the same mask
public record LoraLinear(Param a, Param b, float s, float p, int index) implements ThinAdapter {

    static final String A = "lora_A.weight";
    static final String B = "lora_B.weight";

    /// A fresh adapter in the memory of `start.run()`, which must outlive training.
    static LoraLinear over(Linear base, Lora how, Start start) {
        LoraInit init = how.details().initLoraWeights();
        float s = how.scale(base.path());
        LoraInit.Factors f = init.factors(new LoraInit.Place(base, how.rank(base.path()), s, start));
        Param a = Param.trained(base.path() + "." + A, f.a(), start.run());
        Param b = Param.trained(base.path() + "." + B, f.b(), start.run());
        LoraLinear fresh = new LoraLinear(a, b, s, how.dropout(), start.number());
        f.base().ifPresent(rest -> fresh.takesFrom(base, rest, init, start));
        return fresh;
    }

    /// Puts what is left of the base into its place, in the base's type.
    private void takesFrom(Linear base, Tensor rest, LoraInit init, Start start) {
        Kernels run = start.run();
        Tensor own = base.weight().param().value();
        Tensor left = own.dtype().hasScales() && init.changesBase()
                ? LoftQ.coded(rest, own, run)
                : rounded(rest, own.dtype().isFloat() ? own.dtype() : DType.F32, run);
        UnaryOperator<Param> copy = p -> Param.frozen(p.name(), rounded(p.value(), DType.F32, run));
        start.siblings().replace(base.weight(), Param.frozen(base.weight().path(), left), base, over(copy));
    }

    private static Tensor rounded(Tensor t, DType dtype, Kernels run) {
        Tensor y = run.empty(dtype, t.shape());
        run.copy(t, y);
        return y;
    }

    @Override
    public Var apply(Linear base, Var x, Pass pass) {
        Tape t = x.tape();
        Var w = base.weight(x, pass);
        Var y = drops(pass) ? dropping(x, w, seed(pass.seed(), index)) : lowRankLinear(x, w, t.param(a), t.param(b), s);
        return base.biased(y, pass);
    }

    private Var dropping(Var x, Var w, long seed) {
        Var left = dropout(x, p, seed);
        Var update = update(left);
        left.recompute();
        Var own = matMul(x, w);
        Var y = add(own, update);
        own.release();
        update.release();
        return y;
    }

    /// `s · x Aᵀ Bᵀ`
    private Var update(Var x) {
        Var low = matMul(x, x.tape().param(a));
        Var high = matMul(low, x.tape().param(b));
        low.release();
        Var update = scale(high, s);
        high.release();
        return update;
    }

    @Override
    public Beside beside() {
        return Beside.ADDS;
    }

    @Override
    public Var added(Linear base, Var x, Pass pass) {
        if (!drops(pass)) return update(x);
        Var left = dropout(x, p, seed(pass.seed(), index));
        Var update = update(left);
        left.recompute();
        return update;
    }

    @Override
    public LoraLinear low() {
        return this;
    }

    /// Seed of one adapter's mask in one pass, so that a resumed run draws the masks the uninterrupted one would have
    /// drawn.
    ///
    /// Mixed, as a mask's values are hashes of the seed plus multiples of one constant: two seeds a multiple of it
    /// apart would draw one mask, shifted.
    ///
    /// @param pass a number that no other forward pass of the run has
    static long seed(long pass, int adapter) {
        long z = (pass * 0x9E3779B97F4A7C15L) ^ (adapter * 0xD1B54A32D192ED03L);
        z = (z ^ (z >>> 32)) * 0xD6E8FEB86659FD93L;
        z = (z ^ (z >>> 32)) * 0xD6E8FEB86659FD93L;
        return z ^ (z >>> 32);
    }

    @Override
    public LoraLinear over(UnaryOperator<Param> values) {
        return new LoraLinear(values.apply(a), values.apply(b), s, p, index);
    }

    @Override
    public Tensor merged(Tensor w, Kernels k) {
        Tensor d = delta(k);
        k.elementwise().axpy(1, d, w);
        k.release(d);
        return w;
    }

    /// The update ΔW of the base weight, `f32[O,I]` in the memory of `k`.
    public Tensor delta(Kernels k) {
        Tensor d = k.empty(Shape.of(b.value().shape().dim(0), a.value().shape().dim(1)));
        k.matMul().nn(b.value(), a.value(), s, false, d);
        return d;
    }

    @Override
    public SequencedMap<String, Param> params() {
        SequencedMap<String, Param> m = new LinkedHashMap<>();
        m.put(A, a);
        m.put(B, b);
        return m;
    }
}
