package dev.gradine.models;

import dev.gradine.autograd.op.Functions;
import dev.gradine.nn.Classifier;
import dev.gradine.nn.Decoder.Begin;
import dev.gradine.nn.EncoderModel.Pooling;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Pass;
import dev.gradine.nn.RowStep;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.Tensor;
import java.util.Set;

/// RoBERTa and XLM-R with a head for labels: BERT whose positions begin behind the id of padding, and
/// whose head has a layer of its own in the place of a pooler.
///
/// ```
/// h₀ = layerNorm(E[ids] + P[pad + 1 + t] + T[types])            token t of a text, padding in front not
/// counted z  = W · tanh(Wd · h of the first token)                      biases everywhere
/// ```
///
/// Liu et al. 2019 (arXiv:1907.11692); Conneau et al. 2019 (arXiv:1911.02116).
public record Roberta() implements Family {

    private static final double EPSILON = 1e-12;

    @Override
    public Set<String> modelTypes() {
        return Set.of("roberta", "xlm-roberta");
    }

    @Override
    public Set<String> withoutEffect() {
        return Set.of("attention_probs_dropout_prob", "hidden_dropout_prob", "output_past", "tie_word_embeddings");
    }

    @Override
    public Classifier build(ModelConfig c, Weights weights) {
        c.requireOff("is_decoder");
        c.requireOff("add_cross_attention");
        c.oneOf("position_embedding_type", "absolute", "absolute");
        boolean isXlm = c.text("model_type", "").equals("xlm-roberta");
        var p = new EncoderParts(
                isXlm ? "xlm-roberta" : "roberta",
                isXlm ? "XLMRobertaForSequenceClassification" : "RobertaForSequenceClassification",
                c,
                weights,
                c.real("layer_norm_eps", EPSILON));
        int pad = c.whole("pad_token_id", 0, 1);
        int rows = c.positive("max_position_embeddings");
        Begin begin = Bert.begin(c, p, weights.at("roberta.embeddings"), rows, pass -> places(pass, pad + 1));
        var layers = Bert.layers(c, p, "roberta.encoder.layer");
        RowStep dense = p.dense("classifier.dense", true, Functions::tanh);
        var top = p.top(RowStep.NONE, Pooling.FIRST, dense, "classifier.out_proj");
        return p.encoder(begin, Bert.types(c), layers, top, rows - pad - 1);
    }

    /// The place of each token in its text, from `first` on.
    private static Tensor places(Pass pass, int first) {
        var texts = pass.batch().layout();
        int[] places = new int[pass.batch().tokens()];
        for (int s = 0; s < texts.count(); s++) {
            for (int i = 0; i < texts.queries(s); i++) places[texts.queryStart(s) + i] = first + i;
        }
        return pass.tape().kernels().ofInts(places);
    }
}
