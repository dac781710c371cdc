package dev.gradine.peft;

import dev.gradine.autograd.Param;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Model;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// P-tuning: virtual tokens as in prompt tuning, computed by a small trained network from trained embeddings.
///
/// ```
/// P = encoder(E)      E: [n,C]      h₀ = [P; E[ids]]
/// ```
///
/// Liu et al. 2021 (arXiv:2103.10385), section 3.2; the encoders are in `PromptEncoder`. A file has P alone, so that
/// training on from it trains P itself.
///
/// @param virtualTokens number n of rows
/// @param promptEncoder kind of the network
/// @param encoderHiddenSize inner width; 0 stands for C
/// @param encoderLayers layers of an LSTM
/// @param encoderDropout probability of dropping a value between them in training
@Usual(
        from = 0.0001,
        to = 0.05,
        why = "rows of a prompt are far from where they end",
        source = "PEFT's examples: 1e-3 to 3e-2")
public record PTuning(
        @Option(says = "Number of virtual tokens before each sequence.", label = "N", peft = "num_virtual_tokens")
        @Usual(
                from = 1,
                to = 200,
                why = "20 suffice in the paper, and more gain little",
                source = "Lester et al. 2021, section 3.2: 20 to 100; PEFT: must be given")
        int virtualTokens,

        @Option(
                says = "Network that computes virtual tokens.",
                label = "mlp|lstm",
                peft = "encoder_reparameterization_type")
        Kind promptEncoder,

        @Option(
                says = "Inner width of the layers that compute virtual tokens.",
                label = "N",
                peft = "encoder_hidden_size",
                otherwise = "the width of what they compute",
                least = 0)
        @Usual(from = 0, to = 16384, why = "the width of what is computed", source = "PEFT: that of the model")
        int encoderHiddenSize,

        @Option(says = "Layers of an LSTM.", label = "N", peft = "encoder_num_layers", least = 1)
        @Usual(from = 1, to = 4, why = "two layers", source = "Liu et al. 2021 (P-tuning); PEFT: 2")
        int encoderLayers,

        @Option(
                says = "Probability of dropping a value between the layers of an LSTM.",
                label = "P",
                peft = "encoder_dropout",
                least = 0,
                below = 1)
        @Usual(from = 0, to = 0.3, why = "none", source = "PEFT: 0")
        float encoderDropout)
        implements Method {

    /// Kinds of networks.
    public enum Kind {
        /// Three linear layers.
        MLP,
        /// A bidirectional LSTM and two linear layers.
        LSTM
    }

    private static final PeftFields FIELDS = PeftFields.with(Set.of("modules_to_save"))
            .fixed("num_transformer_submodules", 1)
            .about("num_attention_heads", null)
            .about("num_layers", null)
            .about("token_dim", null);

    /// @throws AdapterException if there is no virtual token
    public PTuning {
        if (virtualTokens < 1) {
            throw new AdapterException("p-tuning: virtual-tokens is " + virtualTokens + ", expected >= 1");
        }
    }

    /// Twenty by an MLP.
    public static PTuning defaults() {
        return new PTuning(20, Kind.MLP, 0, 2, 0);
    }

    @Override
    public String name() {
        return "p-tuning";
    }

    @Override
    public String peftType() {
        return "P_TUNING";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public Map<String, @Nullable Object> peftFields(Model model) {
        Map<String, @Nullable Object> m = new LinkedHashMap<>(PromptTuning.sizes(model));
        if (encoderHiddenSize == 0) m.put("encoder_hidden_size", m.get("token_dim"));
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

    @Override
    public long parameters(Site site) {
        int width = ((Embedding) site).weight().shape().dim(1);
        return (long) virtualTokens * width + encoder(width).parameters();
    }

    private PromptEncoder encoder(int width) {
        int hidden = encoderHiddenSize == 0 ? width : encoderHiddenSize;
        return new PromptEncoder(width, hidden, promptEncoder == Kind.LSTM ? encoderLayers : 0, encoderDropout);
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
        int width = ((Embedding) site).weight().shape().dim(1);
        PromptEncoder encoder = encoder(width);
        NamedParams.Builder b = start.params(site).normal(PromptEncoder.EMBEDDING, 1, virtualTokens, width);
        return new Encoded(encoder.fresh(b), encoder);
    }

    record Encoded(NamedParams values, PromptEncoder encoder) implements EmbeddingAdapter {

        @Override
        public int virtualTokens() {
            return values.get(PromptEncoder.EMBEDDING).value().shape().dim(0);
        }

        @Override
        public Var apply(Embedding base, Var h, Pass pass) {
            if (pass.rows().virtualRows().length == 0) return h;
            return PromptTuning.Prompt.put(h, encoder.rows(h.tape(), values, pass), pass);
        }

        @Override
        public PromptTuning.Prompt stored(Kernels run) {
            return new PromptTuning.Prompt(
                    PrefixTuning.computed("prompt_embeddings", t -> encoder.rows(t, values, Pass.of(t)), run));
        }

        @Override
        public Tensor merged(Tensor w, Kernels k) {
            throw new AdapterException("p-tuning: there is no merged weight of virtual tokens");
        }

        @Override
        public Encoded over(UnaryOperator<Param> others) {
            return new Encoded(values.over(others), encoder);
        }

        @Override
        public SequencedMap<String, Param> params() {
            return values.trained();
        }
    }
}
