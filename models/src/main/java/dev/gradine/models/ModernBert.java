package dev.gradine.models;

import static dev.gradine.autograd.op.Functions.mul;

import dev.gradine.autograd.Var;
import dev.gradine.nn.Block.PreNorm;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Decoder;
import dev.gradine.nn.Decoder.Begin;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.EncoderModel.Pooling;
import dev.gradine.nn.EncoderModel.Top;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RopeConfig;
import dev.gradine.nn.Rotary;
import dev.gradine.nn.RowStep;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;

/// ModernBERT with a head for labels: norms before each part, rotary positions, a gated feed-forward layer; most layers
/// see a window on both sides and turn by another base θ.
///
/// ```
/// h₀ = norm(E[ids])
/// h ← h + Wo · attention(rope(q), rope(k), v)            [q | k | v] = Wqkv norm(h), in the first layer Wqkv h
/// h ← h + Wo · (gelu(u) ∘ g)                              [u | g] = Wi norm(h)
/// z = W · norm(gelu(Wd · pool(norm(h)))) + b              pool: the first token, or the mean
/// ```
///
/// Warner et al. 2024 (arXiv:2412.13663), section 2.1. Norms are layer norms without bias.
public record ModernBert() implements Family {

    private static final int PERIOD = 3; // every third layer sees all
    private static final int WINDOW = 128; // tokens

    @Override
    public Set<String> modelTypes() {
        return Set.of("modernbert");
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of(
                "decoder_bias", // this and the next of a head for words
                "tie_word_embeddings",
                "deterministic_flash_attn",
                "embedding_dropout",
                "initializer_cutoff_factor",
                "layer_norm_eps", // norm_eps is what counts
                "mlp_dropout",
                "position_embedding_type", // published as "absolute", and never read
                "reference_compile",
                "repad_logits_with_grad",
                "sparse_pred_ignore_index",
                "sparse_prediction");
    }

    @Override
    public Classifier build(ModelConfig c, Weights weights) {
        boolean bias = c.flag("attention_bias", false);
        boolean normBias = c.flag("norm_bias", false);
        UnaryOperator<Var> act = Activations.of(c, "hidden_activation", "gelu");
        var p = new EncoderParts(
                "modernbert", "ModernBertForSequenceClassification", c, weights, c.real("norm_eps", 1e-5));
        Begin begin = begin(c, p, weights.at("model.embeddings"), normBias);
        AttentionSpec near = p.full().with(new Mask.Around(c.positive("local_attention", WINDOW) / 2));
        Rotary all = rotary(c, p, "full_attention", "global_rope_theta", 160_000);
        Rotary local = rotary(c, p, "sliding_attention", "local_rope_theta", 10_000);
        IntPredicate seesAll = seesAll(c);
        FeedForwards ffn = p.feedForwards(c.flag("mlp_bias", false));
        List<Decoder.Layer> layers = p.layers("model.layers", (l, w) -> {
            Norm n1 = l == 0 ? (x, _) -> x : p.layerNorm(w, "attn_norm", normBias);
            SelfAttention attention = p.attention(w, l, "attn")
                    .named("", "", "", "Wo")
                    .bias(bias, bias)
                    .rotary(seesAll.test(l) ? all : local)
                    .spec(seesAll.test(l) ? p.full() : near)
                    .fused("Wqkv", 1);
            Norm n2 = p.layerNorm(w, "mlp_norm", normBias);
            return new PreNorm(n1, attention, n2, ffn.fused(w.at("mlp"), (u, g) -> mul(act.apply(u), g), "Wi", "Wo"));
        });
        return p.encoder(begin, layers, top(c, p, weights, normBias));
    }

    private static Begin begin(ModelConfig c, EncoderParts p, Weights w, boolean normBias) {
        Embedding words = w.embedding("tok_embeddings", c.positive("vocab_size"), p.hidden());
        Norm norm = p.layerNorm(w, "norm", normBias);
        return (tape, pass) -> {
            Var h = words.forward(tape, pass);
            return tape.frame(x -> norm.forward(x, pass), h);
        };
    }

    private static Rotary rotary(ModelConfig c, EncoderParts p, String kind, String key, double theta) {
        return RopeConfig.of(c, kind, key, theta, p.headSize()).rotary(p.headSize(), false);
    }

    /// Which layers see all of a text: those of `layer_types`, or the first and every so many behind it.
    private static IntPredicate seesAll(ModelConfig c) {
        List<String> types = Parts.layerTypes(c, "full_attention", "sliding_attention");
        int period = c.positive("global_attn_every_n_layers", PERIOD);
        return l -> types.isEmpty() ? l % period == 0 : types.get(l).equals("full_attention");
    }

    private static Top top(ModelConfig c, EncoderParts p, Weights weights, boolean normBias) {
        boolean isMean = c.oneOf("classifier_pooling", "cls", "cls", "mean").equals("mean");
        Norm last = p.layerNorm(weights, "model.final_norm", normBias);
        UnaryOperator<Var> act = Activations.of(c, "classifier_activation", "gelu");
        RowStep dense = p.dense("head.dense", c.flag("classifier_bias", false), act);
        Norm norm = p.layerNorm(weights, "head.norm", normBias);
        return p.top(last::forward, isMean ? Pooling.MEAN : Pooling.FIRST, dense.then(norm::forward));
    }
}
