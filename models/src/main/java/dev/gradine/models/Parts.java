package dev.gradine.models;

import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.nn.Block;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Decoder;
import dev.gradine.nn.Decoder.Ends;
import dev.gradine.nn.Decoder.Sizes;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Experts;
import dev.gradine.nn.Gated;
import dev.gradine.nn.Head;
import dev.gradine.nn.Linear;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.Router;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.SelfAttention.Apart;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weights;
import dev.gradine.nn.Weights.Tie;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// The parts that families with Llama's names are made of: `model.embed_tokens`, `model.layers.N`, `model.norm`,
/// `lm_head`, and their sizes as `config.json` gives them.
final class Parts {

    /// Makes one layer.
    interface LayerMaker {
        /// One layer.
        ///
        /// @param number of the layer, from 0
        /// @param w takes names within the layer
        Block block(int number, Weights w);
    }

    /// Makes a norm of `width` values from the weight at `path`.
    interface NormMaker {
        Norm norm(Weights w, String path, int width);
    }

    private static final String FULL = "full_attention";
    private static final String SLIDING = "sliding_attention";
    private static final int WINDOW = 4096; // keys, where a family has windows and does not say how wide
    private static final int FIRST_WINDOW = 28; // layer of Qwen from which windows begin where it is not said

    private final String name;
    private final ModelConfig config;
    private final Weights weights;
    private final int hidden;
    private final int heads;
    private final int kvHeads;
    private final int headDim;
    private final int maxPositions;
    private final float eps;
    private float embeddingScale = 1;
    private float logitCap;
    private NormMaker lastNorm = this::rms;

    Parts(String name, ModelConfig c, Weights w) {
        this.name = name;
        config = c;
        weights = w;
        hidden = c.positive("hidden_size");
        heads = c.positive("num_attention_heads");
        kvHeads = c.positive("num_key_value_heads", heads);
        if (heads % kvHeads != 0) {
            throw c.wrong("num_key_value_heads", "a divisor of num_attention_heads " + heads);
        }
        if (!c.has("head_dim") && hidden % heads != 0) {
            throw c.wrong("hidden_size", "a multiple of num_attention_heads " + heads);
        }
        headDim = c.positive("head_dim", Math.max(1, hidden / heads));
        if (headDim % 2 != 0) throw c.wrong("head_dim", "an even number");
        if ((long) heads * headDim > Integer.MAX_VALUE) {
            throw c.wrong("head_dim", "fewer than 2^31 values in %d heads".formatted(heads));
        }
        maxPositions = c.positive("max_position_embeddings", 2048);
        eps = (float) c.real("rms_norm_eps", 1e-6);
    }

    /// Channels C.
    int hidden() {
        return hidden;
    }

    /// Hidden states begin as a multiple of the embedding; the last norm is one with weights around 0, as Gemma has it.
    Parts scaled(float factor) {
        embeddingScale = factor;
        lastNorm = this::rmsPlusOne;
        return this;
    }

    /// A bound of scores or logits: null means none, and a missing key the family's own.
    float cap(String key, double otherwise) {
        return config.says(key) && !config.has(key) ? 0 : (float) config.real(key, otherwise);
    }

    /// Logits are bounded by `cap`; 0 for no bound.
    Parts capped(float cap) {
        logitCap = cap;
        return this;
    }

    /// Causal attention with scores scaled by 1/√width.
    AttentionSpec causal(int width) {
        return AttentionSpec.causal(heads, kvHeads, headDim, (float) (1 / Math.sqrt(width)));
    }

    /// Causal attention in all layers, with scores scaled by 1/√D.
    IntFunction<AttentionSpec> full() {
        return windows(causal(headDim), false, _ -> false);
    }

    /// The same, within a window where the configuration says so: Qwen's keys.
    IntFunction<AttentionSpec> masks() {
        boolean on = config.flag("use_sliding_window", false);
        int first = config.has("max_window_layers") ? config.whole("max_window_layers", 0) : FIRST_WINDOW;
        return windows(causal(headDim), on, l -> l >= first);
    }

    /// The mask of each layer: a window of `sliding_window` keys in those that `layer_types` names so, or, without it,
    /// in those of `otherwise`.
    ///
    /// @param on whether there are windows at all
    IntFunction<AttentionSpec> windows(AttentionSpec spec, boolean on, IntPredicate otherwise) {
        List<String> types = layerTypes();
        boolean without = config.says("sliding_window") && !config.has("sliding_window");
        if (!on || without) {
            if (!types.contains(SLIDING)) return _ -> spec;
            throw config.wrong("layer_types", "full_attention in all layers, as no sliding window is switched on");
        }
        AttentionSpec near = spec.with(new Mask.Window(config.positive("sliding_window", WINDOW)));
        if (types.isEmpty()) return l -> otherwise.test(l) ? near : spec;
        return l -> types.get(l).equals(SLIDING) ? near : spec;
    }

    /// What each layer sees; empty if the configuration does not say.
    private List<String> layerTypes() {
        List<String> types = config.texts("layer_types");
        int layers = config.positive("num_hidden_layers");
        boolean known = types.stream().allMatch(t -> t.equals(FULL) || t.equals(SLIDING));
        if (!types.isEmpty() && (types.size() != layers || !known)) {
            throw config.wrong(
                    "layer_types", "full_attention or sliding_attention for each of %d layers".formatted(layers));
        }
        return types;
    }

    /// The position embedding that the configuration asks for.
    Rotary rotary() {
        return RopeConfig.of(config, headDim).rotary();
    }

    /// That of layers that see all.
    Rotary fullRotary(double theta) {
        return RopeConfig.of(config, FULL, "rope_theta", theta, headDim).rotary();
    }

    /// That of layers that see a window.
    Rotary slidingRotary(double theta) {
        return RopeConfig.of(config, SLIDING, "rope_local_base_freq", theta, headDim)
                .rotary();
    }

    /// A root-mean-square norm over the channels.
    Norm rms(Weights w, String path) {
        return rms(w, path, hidden);
    }

    /// A root-mean-square norm over `width` values, such as those of a head.
    Norm rms(Weights w, String path, int width) {
        return new Norm.Rms(w.weight(path + ".weight", width), eps);
    }

    /// The same with weights around 0.
    Norm rmsPlusOne(Weights w, String path) {
        return rmsPlusOne(w, path, hidden);
    }

    /// The same with weights around 0 over `width` values.
    Norm rmsPlusOne(Weights w, String path, int width) {
        return new Norm.RmsPlusOne(w.weight(path + ".weight", width), eps);
    }

    /// What an attention layer has besides its four linear layers.
    ///
    /// @param qkvBias whether q, k and v have biases
    /// @param oBias whether o has one
    /// @param headNorms norms each head of q and k before rotation; null for none
    /// @param specs scale, cap and mask of each layer
    record Attends(
            boolean qkvBias,
            boolean oBias,
            @Nullable NormMaker headNorms,
            Rotary rotary,
            IntFunction<AttentionSpec> specs) {}

    /// `self_attn` with its layers apart, of layer number `layer`.
    SelfAttention attention(Weights w, int layer, Attends a) {
        Weights at = w.at("self_attn");
        int q = heads * headDim;
        int kv = kvHeads * headDim;
        Linear qProj = at.linear("q_proj", q, hidden, a.qkvBias);
        Linear kProj = at.linear("k_proj", kv, hidden, a.qkvBias);
        Linear vProj = at.linear("v_proj", kv, hidden, a.qkvBias);
        Linear oProj = at.linear("o_proj", hidden, q, a.oBias);
        NormMaker norms = a.headNorms;
        @Nullable Norm qNorm = norms == null ? null : norms.norm(at, "q_norm", headDim);
        @Nullable Norm kNorm = norms == null ? null : norms.norm(at, "k_norm", headDim);
        var projections = new Apart(qProj, kProj, vProj, qNorm, kNorm, a.rotary, headDim);
        return new SelfAttention(projections, oProj, a.specs.apply(layer), layer);
    }

    /// `mlp` with a gate.
    Gated gated(Weights w, Gated.Gate gate, boolean bias) {
        int m = config.positive("intermediate_size");
        Weights at = w.at("mlp");
        return new Gated(
                gate,
                at.linear("gate_proj", m, hidden, bias),
                at.linear("up_proj", m, hidden, bias),
                at.linear("down_proj", hidden, m, bias));
    }

    /// `mlp` with many experts, as transformers 5 has them: softmax, then the choice.
    ///
    /// @param sumsToOne whether shares of a token are divided by their sum where the configuration does not say
    Experts experts(Weights w, Gated.Gate gate, boolean sumsToOne) {
        config.requireOff("output_router_logits"); // it adds a loss of the router's to training
        String key = config.has("num_local_experts") ? "num_local_experts" : "num_experts";
        int experts = config.positive(key);
        int chosen = config.positive("num_experts_per_tok");
        if (chosen > experts) throw config.wrong("num_experts_per_tok", "at most %d, the %s".formatted(experts, key));
        int m = config.positive("moe_intermediate_size");
        Weights at = w.at("mlp");
        var router =
                new Router(at.weight("gate.weight", experts, hidden), chosen, config.flag("norm_topk_prob", sumsToOne));
        return new Experts(
                router,
                gate,
                at.experts("gate_up_proj", List.of("gate_proj", "up_proj"), experts, m, hidden),
                at.experts("down_proj", List.of("down_proj"), experts, hidden, m));
    }

    /// The whole model.
    ///
    /// @param tied whether the head is the embedding where the configuration does not say
    CausalLm decoder(boolean tied, LayerMaker maker) {
        int vocab = config.positive("vocab_size");
        Tie tie = weights.tie("model.embed_tokens", "lm_head", config.flag("tie_word_embeddings", tied));
        String table = tie == Tie.HEAD ? "lm_head" : "model.embed_tokens";
        Embedding embedding = weights.embedding("model.embed_tokens", table, vocab, hidden);
        List<Site> sites = List.of(embedding, embedding.weight());
        List<Decoder.Layer> layers = new ArrayList<>();
        for (int l = 0; l < config.positive("num_hidden_layers"); l++) {
            int number = l;
            layers.add(weights.layer(() -> maker.block(number, weights.at("model.layers." + number))));
        }
        Norm norm = lastNorm.norm(weights, "model.norm", hidden);
        Linear head = tie == Tie.APART
                ? weights.linear("lm_head", vocab, hidden, false)
                : weights.tied("lm_head", embedding.weight());
        var ends = new Ends(begin(embedding), sites, norm, new Head(head, 1, logitCap));
        return new Decoder(
                new Sizes(name, hidden, vocab, maxPositions, kvHeads * headDim, kvHeads), ends, layers, weights);
    }

    private Decoder.Begin begin(Embedding embedding) {
        float s = embeddingScale;
        if (s == 1) return embedding::forward;
        return (tape, pass) -> {
            var h = embedding.forward(tape, pass);
            return tape.frame(x -> scale(x, s), h);
        };
    }
}
