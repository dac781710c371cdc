package dev.gradine.models;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.IndexSelect.indexSelect;

import dev.gradine.autograd.Var;
import dev.gradine.autograd.op.Functions;
import dev.gradine.nn.Block.NormOfSum;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Decoder;
import dev.gradine.nn.Decoder.Begin;
import dev.gradine.nn.Embedding;
import dev.gradine.nn.EncoderModel.Pooling;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.Pass;
import dev.gradine.nn.RowStep;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.Tensor;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// BERT with a head for labels: each token sees all of its text, norms behind what is added, learnt positions.
///
/// ```
/// h₀ = layerNorm(E[ids] + P[positions] + T[types])
/// h ← layerNorm(h + Wo · attention(Wq h, Wk h, Wv h))
/// h ← layerNorm(h + W2 · gelu(W1 h))
/// z = W · tanh(Wp · h of the first token)              biases everywhere
/// ```
///
/// Devlin et al. 2018 (arXiv:1810.04805), sections 3 and 4.1.
public record Bert() implements Family {

    private static final double EPSILON = 1e-12;

    @Override
    public Set<String> modelTypes() {
        return Set.of("bert");
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of(
                "attention_probs_dropout_prob",
                "directionality",
                "hidden_dropout_prob",
                "pooler_fc_size",
                "pooler_num_attention_heads",
                "pooler_num_fc_layers",
                "pooler_size_per_head",
                "pooler_type",
                "tie_word_embeddings"); // of a head for words
    }

    @Override
    public Classifier build(ModelConfig c, Weights weights) {
        c.requireOff("is_decoder");
        c.requireOff("add_cross_attention");
        c.oneOf("position_embedding_type", "absolute", "absolute");
        var p = new EncoderParts(
                "bert", "BertForSequenceClassification", c, weights, c.real("layer_norm_eps", EPSILON));
        Begin begin =
                begin(c, p, weights.at("bert.embeddings"), c.positive("max_position_embeddings"), Pass::positions);
        List<Decoder.Layer> layers = layers(c, p, "bert.encoder.layer");
        RowStep pooler = p.dense("bert.pooler.dense", true, Functions::tanh);
        return p.encoder(
                begin,
                types(c),
                layers,
                p.top(RowStep.NONE, Pooling.FIRST, pooler),
                c.positive("max_position_embeddings"));
    }

    /// The layers, which RoBERTa has, too.
    static List<Decoder.Layer> layers(ModelConfig c, EncoderParts p, String path) {
        UnaryOperator<Var> act = Activations.of(c, "hidden_act", "gelu");
        FeedForwards ffn = p.feedForwards(true);
        return p.layers(path, (l, w) -> {
            SelfAttention attention = p.attention(w, l, "attention")
                    .named("self.query", "self.key", "self.value", "output.dense")
                    .bias(true, true)
                    .apart();
            Norm n1 = p.layerNorm(w, "attention.output.LayerNorm", true);
            var plain = ffn.plain(w, act, "intermediate.dense", "output.dense");
            return new NormOfSum(attention, n1, plain, p.layerNorm(w, "output.LayerNorm", true));
        });
    }

    /// Types of tokens.
    static int types(ModelConfig c) {
        return c.positive("type_vocab_size", 2);
    }

    /// The sum of embeddings that a text begins as.
    ///
    /// @param rows of the table of positions
    /// @param at which of them each token takes, `i32[N]`
    static Begin begin(ModelConfig c, EncoderParts p, Weights w, int rows, Function<Pass, Tensor> at) {
        Embedding words = w.embedding("word_embeddings", c.positive("vocab_size"), p.hidden());
        Weight places = w.weight("position_embeddings.weight", rows, p.hidden());
        Weight types = w.weight("token_type_embeddings.weight", types(c), p.hidden());
        Norm norm = p.layerNorm(w, "LayerNorm", true);
        return (tape, pass) -> {
            Var h = words.forward(tape, pass);
            return tape.frame(x -> norm.forward(placed(x, places, types, pass, at), pass), h);
        };
    }

    private static Var placed(Var h, Weight places, Weight types, Pass pass, Function<Pass, Tensor> at) {
        Tensor kinds = h.tape().kernels().ofInts(pass.batch().types());
        Var typed = add(h, indexSelect(types.on(h, pass), kinds));
        return add(typed, indexSelect(places.on(h, pass), at.apply(pass)));
    }
}
