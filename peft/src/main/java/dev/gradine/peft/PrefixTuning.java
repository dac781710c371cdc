package dev.gradine.peft;

import static dev.gradine.autograd.op.AddBias.addBias;
import static dev.gradine.autograd.op.Functions.tanh;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.SliceColumns.sliceColumns;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Model;
import dev.gradine.nn.Pass;
import dev.gradine.nn.SelfAttention.Qkv;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Prefix tuning: trained keys and values that stand before those of each sequence, in every attention layer.
///
/// ```
/// k_l = [T[:, 2l]; k_l]      v_l = [T[:, 2l + 1]; v_l]      T: [n, 2·L, G·D]
/// T = tanh(E W₁ᵀ + b₁) W₂ᵀ + b₂, E: [n, G·D], with a projection
/// ```
///
/// Li & Liang 2021 (arXiv:2101.00190), sections 4.2 and 4.3. The keys of the prefix are not rotated; the tokens of a
/// sequence have the positions from n on. A file has T alone, so that training on from it trains T itself.
///
/// In a pass the prefix takes the rows of n virtual tokens, whose own keys and values it replaces: packed and branching
/// batches and caches need nothing else.
///
/// @param virtualTokens number n of trained keys
/// @param prefixProjection whether T is computed by two layers
/// @param encoderHiddenSize inner width of the projection; 0 stands for G·D
/// @param prefixInit `zero` for a T of zeros, empty for a drawn one
@Usual(
        from = 0.0001,
        to = 0.05,
        why = "keys and values of a prefix are far from where they end",
        source = "Li & Liang 2021: 5e-5 with a projection; PEFT's examples: 1e-2")
public record PrefixTuning(
        @Option(says = "Number of virtual tokens before each sequence.", label = "N", peft = "num_virtual_tokens")
        @Usual(
                from = 1,
                to = 200,
                why = "20 suffice in the paper, and more gain little",
                source = "Lester et al. 2021, section 3.2: 20 to 100; PEFT: must be given")
        int virtualTokens,

        @Option(says = "Compute the prefix by two trained layers.", peft = "prefix_projection")
        boolean prefixProjection,

        @Option(
                says = "Inner width of the layers that compute virtual tokens.",
                label = "N",
                peft = "encoder_hidden_size",
                otherwise = "the width of what they compute",
                least = 0)
        @Usual(from = 0, to = 16384, why = "the width of what is computed", source = "PEFT: that of the model")
        int encoderHiddenSize,

        @Option(says = "Begin with zeros.", label = "zero", peft = "init_weights")
        String prefixInit)
        implements Method {

    private static final String TABLE = "prompt_embeddings";

    private static final PeftFields FIELDS = PeftFields.with(Set.of("modules_to_save"))
            .fixed("num_transformer_submodules", 1)
            .about("num_attention_heads", null)
            .about("num_layers", null)
            .about("token_dim", null);

    /// @throws AdapterException if there is no virtual token, or the beginning is none
    public PrefixTuning {
        if (virtualTokens < 1) {
            throw new AdapterException("prefix-tuning: virtual-tokens is " + virtualTokens + ", expected >= 1");
        }
        if (!prefixInit.isEmpty() && !prefixInit.equals("zero")) {
            throw new AdapterException("prefix-tuning: prefix-init is " + prefixInit + ", expected zero or none");
        }
    }

    /// Twenty drawn ones.
    public static PrefixTuning defaults() {
        return new PrefixTuning(20, false, 0, "");
    }

    @Override
    public String peftType() {
        return "PREFIX_TUNING";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public Map<String, @Nullable Object> peftFields(Model model) {
        Map<String, @Nullable Object> m = new LinkedHashMap<>();
        m.put("token_dim", model.keys().width());
        m.put("num_layers", model.keys().layers());
        m.put("num_attention_heads", model.keys().heads());
        if (encoderHiddenSize == 0) m.put("encoder_hidden_size", model.keys().width());
        return m;
    }

    @Override
    public String stored(Site site, String param) {
        return param;
    }

    @Override
    public boolean takes(Site site) {
        return site instanceof Embedding;
    }

    /// None at the embedding: see `parameters(Model.Keys)`.
    @Override
    public long parameters(Site site) {
        return 0;
    }

    /// Number of values it trains in a model with these keys.
    long parameters(Model.Keys keys) {
        long table = 2L * keys.layers() * keys.width();
        if (!prefixProjection) return virtualTokens * table;
        long hidden = hidden(keys);
        return (long) virtualTokens * keys.width() + hidden * (keys.width() + 1) + table * (hidden + 1);
    }

    private int hidden(Model.Keys keys) {
        return encoderHiddenSize == 0 ? keys.width() : encoderHiddenSize;
    }

    @Override
    public Beginning begins() {
        return Beginning.OTHER;
    }

    @Override
    public boolean merges() {
        return false;
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        Model.Keys keys = start.siblings().keys();
        if (keys.layers() == 0 || keys.heads() == 0) {
            throw new AdapterException("prefix-tuning: the model does not tell its key heads, expected one that does");
        }
        int table = Math.multiplyExact(2 * keys.layers(), keys.width());
        NamedParams.Builder b = start.params(site);
        if (prefixProjection) project(b, keys, table);
        else if (prefixInit.isEmpty()) b.normal(TABLE, 1, virtualTokens, table);
        else b.zeros(TABLE, virtualTokens, table);
        return new Prefix(b.build(), keys.width(), prefixProjection);
    }

    private void project(NamedParams.Builder b, Model.Keys keys, int table) {
        int hidden = hidden(keys);
        double bound = prefixInit.isEmpty() ? 1 / Math.sqrt(hidden) : 0;
        b.normal("embedding.weight", 1, virtualTokens, keys.width())
                .kaiming("transform.0.weight", hidden, keys.width())
                .uniform("transform.0.bias", 1 / Math.sqrt(keys.width()), hidden);
        if (bound == 0) b.zeros("transform.2.weight", table, hidden).zeros("transform.2.bias", table);
        else b.uniform("transform.2.weight", bound, table, hidden).uniform("transform.2.bias", bound, table);
    }

    /// What `formula` gives, as a value of its own in the lifetime `run`.
    static Param computed(String name, Function<Tape, Var> formula, Kernels run) {
        try (Kernels k = run.openStep()) {
            Tensor value = formula.apply(Tape.noGrad(k)).value();
            Tensor kept = run.empty(value.shape());
            run.copy(value, kept);
            return Param.trained(name, kept, run);
        }
    }

    /// @param width values of a token's keys in one layer
    /// @param projected whether the table is computed
    record Prefix(NamedParams values, int width, boolean projected) implements EmbeddingAdapter {

        /// T, `f32[n,2·L·G·D]`.
        private Var table(Tape t) {
            if (!projected) return t.param(values.get(TABLE));
            Var in = addBias(
                    matMul(t.param(values.get("embedding.weight")), t.param(values.get("transform.0.weight"))),
                    t.param(values.get("transform.0.bias")));
            Var out = matMul(tanh(in), t.param(values.get("transform.2.weight")));
            return addBias(out, t.param(values.get("transform.2.bias")));
        }

        @Override
        public int virtualTokens() {
            return values.get(projected ? "embedding.weight" : TABLE)
                    .value()
                    .shape()
                    .dim(0);
        }

        @Override
        public Var apply(Embedding base, Var h, Pass pass) {
            return h; // nobody reads what the rows of virtual tokens hold
        }

        @Override
        public Qkv attends(int layer, Qkv fresh, Pass pass) {
            if (pass.rows().virtualRows().length == 0) return fresh;
            Var table = table(fresh.k().tape());
            int from = 2 * layer * width;
            Var k = PromptTuning.Prompt.put(fresh.k(), sliceColumns(table, from, from + width), pass);
            Var v = PromptTuning.Prompt.put(fresh.v(), sliceColumns(table, from + width, from + 2 * width), pass);
            return fresh.over(k, v);
        }

        @Override
        public Prefix stored(Kernels run) {
            if (!projected) return this;
            SequencedMap<String, Param> one = new LinkedHashMap<>();
            one.put(TABLE, computed(TABLE, this::table, run));
            return new Prefix(new NamedParams(one, new LinkedHashMap<>()), width, false);
        }

        @Override
        public Tensor merged(Tensor w, Kernels k) {
            throw new AdapterException("prefix-tuning: there is no merged weight of a prefix");
        }

        @Override
        public Prefix over(UnaryOperator<Param> others) {
            return new Prefix(values.over(others), width, projected);
        }

        @Override
        public SequencedMap<String, Param> params() {
            return values.trained();
        }
    }
}
