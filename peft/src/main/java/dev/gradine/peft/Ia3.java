package dev.gradine.peft;

import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Reshape.reshape;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Convolution;
import dev.gradine.nn.Linear;
import dev.gradine.nn.LinearMap;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import dev.gradine.tensor.kernel.Fn2;
import dev.gradine.tensor.kernel.Per;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.UnaryOperator;

/// (IA)³, infused adapter by inhibiting and amplifying inner activations: one trained factor per channel.
///
/// ```
/// y = l ∘ (x Wᵀ + b)        W′ = diag(l) W, b′ = l ∘ b        keys and values
/// y = (l ∘ x) Wᵀ + b        W′ = W diag(l)                    the last layer of a feed-forward part
/// ```
///
/// Liu et al. 2022 (arXiv:2205.05638), section 3.3. l starts as ones.
///
/// @param feedforward layers whose input is scaled; of the others it is the output
@Usual(
        from = 0.001,
        to = 0.01,
        why = "few values, each a factor: they must move far",
        source = "Liu et al. 2022 (T-Few): 3e-3")
public record Ia3(
        @Option(
                says = "Layers whose input is scaled; of the others it is the output.",
                label = "NAMES|REGEX",
                peft = "feedforward_modules")
        Targets feedforward)
        implements Method {

    private static final PeftFields FIELDS = PeftFields.with(
                    Set.of("target_modules", "exclude_modules", "modules_to_save"))
            .about("fan_in_fan_out", false) // PEFT itself takes it from the layer, whatever the file says
            .about("init_ia3_weights", true);

    /// As for Llama.
    public static Ia3 defaults() {
        return new Ia3(Targets.parse("down_proj"));
    }

    @Override
    public String peftType() {
        return "IA3";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public Targets usualTargets() {
        return new Targets.Suffixes(List.of("k_proj", "v_proj", "down_proj"));
    }

    @Override
    public Map<String, List<String>> familyTargets() {
        return FamilyTargets.IA3;
    }

    @Override
    public boolean takes(Site site) {
        return OverPatches.takes(site);
    }

    @Override
    public long parameters(Site site) {
        boolean ofInput = feedforward.matches(site.path());
        if (site instanceof Convolution c) return ofInput ? c.channels() : c.out();
        return ofInput ? ((Linear) site).in() : ((Linear) site).out();
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        boolean ofInput = feedforward.matches(site.path());
        int n = Math.toIntExact(parameters(site));
        Shape shape = ofInput ? Shape.of(1, n) : Shape.of(n, 1);
        Tensor ones = start.run().empty(site instanceof Convolution ? Shape.of(1, n, 1, 1) : shape);
        start.run().elementwise().fill(ones, 1);
        Param l = Param.trained(site.path() + ".ia3_l", ones, start.run());
        return site instanceof Convolution ? new OfChannels(l, ofInput) : new Factors(l, ofInput);
    }

    private static SequencedMap<String, Param> named(Param l) {
        SequencedMap<String, Param> m = new LinkedHashMap<>();
        m.put("ia3_l", l);
        return m;
    }

    private static Tensor scaled(Tensor bias, Param l, Kernels k) {
        k.function().combine(Fn2.MUL, Per.VALUE, bias, l.value().reshape(bias.shape()), bias);
        return bias;
    }

    /// @param l `f32[1,C,1,1]`, of a convolution's input or output
    private record OfChannels(Param l, boolean ofInput) implements ConvolutionAdapter {

        @Override
        public Var apply(Convolution base, Var x, Pass pass) {
            Var factors = x.tape().param(l);
            if (ofInput) return base.base(Channels.scaled(x, factors), pass);
            return Channels.scaled(base.base(x, pass), factors);
        }

        @Override
        public Tensor merged(Tensor w, Kernels k) {
            int out = w.shape().dim(0);
            if (!ofInput) {
                Tensor rows = w.reshape(Shape.of(out, w.size() / out));
                k.elementwise().scaleRows(rows, l.value().reshape(Shape.of(out)), rows);
                return w;
            }
            int channels = w.shape().dim(1);
            int window = w.shape().dim(2) * w.shape().dim(3);
            float[] values = k.download(w);
            float[] factors = k.download(l.value());
            for (int i = 0; i < values.length; i++) values[i] *= factors[i / window % channels];
            k.upload(values, w);
            return w;
        }

        @Override
        public boolean changesBias() {
            return !ofInput;
        }

        @Override
        public Tensor mergedBias(Tensor bias, Kernels k) {
            return scaled(bias, l, k);
        }

        @Override
        public OfChannels over(UnaryOperator<Param> values) {
            return new OfChannels(values.apply(l), ofInput);
        }

        @Override
        public SequencedMap<String, Param> params() {
            return named(l);
        }
    }

    /// @param l `f32[1,I]` of an input, `f32[O,1]` of an output
    private record Factors(Param l, boolean ofInput) implements LinearAdapter {

        @Override
        public Var apply(Linear base, Var x, Pass pass) {
            return around(Linear::base, base, x, pass);
        }

        @Override
        public Beside beside() {
            return Beside.AROUND;
        }

        @Override
        public Var around(LinearMap inner, Linear base, Var x, Pass pass) {
            if (!ofInput) return released(inner.apply(base, x, pass));
            Var scaled = mul(x, factors(x.tape()));
            Var y = inner.apply(base, scaled, pass);
            scaled.release();
            return y;
        }

        private Var released(Var y) {
            Var scaled = mul(y, factors(y.tape()));
            y.release();
            return scaled;
        }

        private Var factors(Tape t) {
            return reshape(t.param(l), l.value().size());
        }

        @Override
        public Tensor merged(Tensor w, Kernels k) {
            k.function().combine(Fn2.MUL, ofInput ? Per.COLUMN : Per.ROW, w, l.value(), w);
            return w;
        }

        @Override
        public boolean changesBias() {
            return !ofInput;
        }

        @Override
        public Tensor mergedBias(Tensor bias, Kernels k) {
            return scaled(bias, l, k);
        }

        @Override
        public Factors over(UnaryOperator<Param> values) {
            return new Factors(values.apply(l), ofInput);
        }

        @Override
        public SequencedMap<String, Param> params() {
            return named(l);
        }
    }
}
