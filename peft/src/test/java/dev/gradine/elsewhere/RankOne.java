package dev.gradine.elsewhere;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.MatMul.matMul;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Site;
import dev.gradine.peft.CustomMethod;
import dev.gradine.peft.LinearAdapter;
import dev.gradine.peft.PeftFields;
import dev.gradine.peft.Start;
import dev.gradine.settings.Option;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.UnaryOperator;

/// One row and one column a layer.
///
/// ```
/// y = x Wᵀ + b + (x vᵀ) uᵀ       W′ = W + u v
/// ```
///
/// @param spread largest value of a fresh v
public record RankOne(
        @Option(says = "Largest value of a fresh v.", peft = "v_spread")
        float spread) implements CustomMethod {

    /// With the usual spread, for those who look for methods on the class path.
    public RankOne() {
        this(0.5f);
    }

    @Override
    public String peftType() {
        return "RANK_ONE";
    }

    @Override
    public PeftFields peftFields() {
        return PeftFields.with(Set.of("target_modules"));
    }

    @Override
    public boolean takes(Site site) {
        return site instanceof Linear;
    }

    @Override
    public long parameters(Site site) {
        return (long) ((Linear) site).in() + ((Linear) site).out();
    }

    @Override
    public LinearAdapter fresh(Site site, Start start) {
        Linear l = (Linear) site;
        float[] v = new float[l.in()];
        for (int i = 0; i < v.length; i++) v[i] = spread * (start.rng().nextFloat() - 0.5f);
        Kernels run = start.run();
        return new Over(
                Param.trained("u", run.zeros(Shape.of(l.out(), 1)), run),
                Param.trained("v", run.of(Shape.of(1, l.in()), v), run));
    }

    private record Over(Param u, Param v) implements LinearAdapter {

        @Override
        public Var apply(Linear base, Var x, Pass pass) {
            Var side = matMul(matMul(x, x.tape().param(v)), x.tape().param(u));
            return add(base.base(x, pass), side);
        }

        @Override
        public SequencedMap<String, Param> params() {
            SequencedMap<String, Param> m = new LinkedHashMap<>();
            m.put("rank_one_u", u);
            m.put("rank_one_v", v);
            return m;
        }

        @Override
        public Over over(UnaryOperator<Param> values) {
            return new Over(values.apply(u), values.apply(v));
        }

        @Override
        public Tensor merged(Tensor w, Kernels k) {
            k.matMul().nn(u.value(), v.value(), 1, true, w);
            return w;
        }
    }
}
