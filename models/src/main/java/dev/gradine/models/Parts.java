package dev.gradine.models;

import dev.gradine.nn.Block;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Decoder;
import dev.gradine.nn.Decoder.Ends;
import dev.gradine.nn.Decoder.Sizes;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.Gated;
import dev.gradine.nn.Head;
import dev.gradine.nn.Linear;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.RopeFrequencies;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.SelfAttention.Apart;
import dev.gradine.nn.Site;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The parts that families with Llama's names are made of: `model.embed_tokens`, `model.layers.N`, `model.norm`,
/// `lm_head`, and their sizes as `config.json` gives them.
final class Parts {

    /// Makes one layer.
    interface LayerMaker {
        /// @param number of the layer, from 0
        /// @param w takes names within the layer
        Block block(int number, Weights w);
    }

    private final String name;
    private final ModelConfig config;
    private final Weights weights;
    private final int hidden;
    private final int heads;
    private final int kvHeads;
    private final int headDim;
    private final int maxPositions;
    private final float eps;

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
        maxPositions = c.positive("max_position_embeddings", 2048);
        eps = (float) c.real("rms_norm_eps", 1e-6);
    }

    /// Channels C.
    int hidden() {
        return hidden;
    }

    int headDim() {
        return headDim;
    }

    /// Causal attention with scores scaled by 1/√D.
    AttentionSpec causal() {
        return causal(headDim);
    }

    /// Causal attention with scores scaled by 1/√width.
    AttentionSpec causal(int width) {
        return AttentionSpec.causal(heads, kvHeads, headDim, (float) (1 / Math.sqrt(width)));
    }

    /// Tables of the position embedding that the configuration asks for.
    Rotary rotary() {
        return RopeFrequencies.of(config, headDim).tables(weights.run(), maxPositions);
    }

    /// A root-mean-square norm over the channels.
    Norm rms(Weights w, String path) {
        return rms(w, path, hidden);
    }

    /// A root-mean-square norm over `width` values, such as those of a head.
    Norm rms(Weights w, String path, int width) {
        return new Norm.Rms(w.weight(path + ".weight", width), eps);
    }

    /// What an attention layer has besides its four linear layers.
    ///
    /// @param qkvBias whether q, k and v have biases
    /// @param oBias whether o has one
    /// @param headNorms whether each head of q and k is normalised before rotation
    record Attends(boolean qkvBias, boolean oBias, boolean headNorms, Rotary rotary, AttentionSpec spec) {}

    /// `self_attn` with its layers apart, of layer number `layer`.
    SelfAttention attention(Weights w, int layer, Attends a) {
        Weights at = w.at("self_attn");
        int q = heads * headDim;
        int kv = kvHeads * headDim;
        Linear qProj = at.linear("q_proj", q, hidden, a.qkvBias);
        Linear kProj = at.linear("k_proj", kv, hidden, a.qkvBias);
        Linear vProj = at.linear("v_proj", kv, hidden, a.qkvBias);
        Linear oProj = at.linear("o_proj", hidden, q, a.oBias);
        @Nullable Norm qNorm = a.headNorms ? rms(at, "q_norm", headDim) : null;
        @Nullable Norm kNorm = a.headNorms ? rms(at, "k_norm", headDim) : null;
        var projections = new Apart(qProj, kProj, vProj, qNorm, kNorm, a.rotary, headDim);
        return new SelfAttention(projections, oProj, a.spec, layer);
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

    /// The whole model, with the embedding as it is and a head without cap.
    ///
    /// @param tied whether the head is the embedding where the configuration does not say
    CausalLm decoder(boolean tied, LayerMaker maker) {
        int vocab = config.positive("vocab_size");
        Embedding embedding = weights.embedding("model.embed_tokens", vocab, hidden);
        List<Site> begin = List.of(embedding, embedding.weight());
        List<Decoder.Layer> layers = new ArrayList<>();
        for (int l = 0; l < config.positive("num_hidden_layers"); l++) {
            int number = l;
            layers.add(weights.layer(() -> maker.block(number, weights.at("model.layers." + number))));
        }
        Norm norm = rms(weights, "model.norm");
        Linear head = config.flag("tie_word_embeddings", tied)
                ? weights.tied("lm_head", embedding.weight())
                : weights.linear("lm_head", vocab, hidden, false);
        var ends = new Ends(embedding::forward, begin, norm, Head.of(head));
        return new Decoder(new Sizes(name, hidden, vocab, maxPositions, kvHeads * headDim), ends, layers, weights);
    }
}
