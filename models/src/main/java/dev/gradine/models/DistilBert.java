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
import dev.gradine.nn.RowStep;
import dev.gradine.nn.SelfAttention;
import dev.gradine.nn.Weight;
import dev.gradine.nn.Weights;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/// DistilBERT with a head for labels: half of BERT's layers, without types of tokens and without a pooler.
///
/// ```
/// h₀ = layerNorm(E[ids] + P[positions])
/// h ← layerNorm(h + Wo · attention(Wq h, Wk h, Wv h))
/// h ← layerNorm(h + W2 · gelu(W1 h))
/// z = W · relu(Wp · h of the first token)              biases everywhere
/// ```
///
/// Sanh et al. 2019 (arXiv:1910.01108), section 3. P is in the file also where it is not learnt but of sines
/// (`sinusoidal_pos_embds`), and is taken from there.
public record DistilBert() implements Family {

    private static final double EPSILON = 1e-12;

    private static final Map<String, String> NAMES = Map.of(
            "hidden_size", "dim",
            "intermediate_size", "hidden_dim",
            "num_attention_heads", "n_heads",
            "num_hidden_layers", "n_layers");

    @Override
    public Set<String> modelTypes() {
        return Set.of("distilbert");
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("qa_dropout", "seq_classif_dropout", "tie_weights_", "tie_word_embeddings");
    }

    @Override
    public Classifier build(ModelConfig config, Weights weights) {
        ModelConfig c = config.calling(NAMES);
        c.flag("sinusoidal_pos_embds", false);
        var p = new EncoderParts("distilbert", "DistilBertForSequenceClassification", c, weights, EPSILON);
        Begin begin = begin(c, p, weights.at("distilbert.embeddings"));
        List<Decoder.Layer> layers = layers(c, p);
        RowStep dense = p.dense("pre_classifier", true, Functions::relu);
        return p.encoder(begin, layers, p.top(RowStep.NONE, Pooling.FIRST, dense));
    }

    private static Begin begin(ModelConfig c, EncoderParts p, Weights w) {
        Embedding words = w.embedding("word_embeddings", c.positive("vocab_size"), p.hidden());
        Weight places = w.weight("position_embeddings.weight", c.positive("max_position_embeddings"), p.hidden());
        Norm norm = p.layerNorm(w, "LayerNorm", true);
        return (tape, pass) -> {
            Var h = words.forward(tape, pass);
            return tape.frame(x -> norm.forward(add(x, indexSelect(places.on(x, pass), pass.positions())), pass), h);
        };
    }

    private static List<Decoder.Layer> layers(ModelConfig c, EncoderParts p) {
        UnaryOperator<Var> act = Activations.of(c, "activation", "gelu");
        FeedForwards ffn = p.feedForwards(true);
        return p.layers("distilbert.transformer.layer", (l, w) -> {
            SelfAttention attention = p.attention(w, l, "attention")
                    .named("q_lin", "k_lin", "v_lin", "out_lin")
                    .bias(true, true)
                    .apart();
            Norm n1 = p.layerNorm(w, "sa_layer_norm", true);
            var plain = ffn.plain(w, act, "ffn.lin1", "ffn.lin2");
            return new NormOfSum(attention, n1, plain, p.layerNorm(w, "output_layer_norm", true));
        });
    }
}
