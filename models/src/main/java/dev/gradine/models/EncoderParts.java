package dev.gradine.models;

import dev.gradine.autograd.Var;
import dev.gradine.models.AttentionParts.Heads;
import dev.gradine.nn.Block;
import dev.gradine.nn.Decoder;
import dev.gradine.nn.Decoder.Begin;
import dev.gradine.nn.Decoder.Sizes;
import dev.gradine.nn.EncoderModel;
import dev.gradine.nn.EncoderModel.Pooling;
import dev.gradine.nn.EncoderModel.Top;
import dev.gradine.nn.Labels;
import dev.gradine.nn.Linear;
import dev.gradine.nn.ModelConfig;
import dev.gradine.nn.Norm;
import dev.gradine.nn.RowStep;
import dev.gradine.nn.Weights;
import dev.gradine.tensor.kernel.AttentionSpec;
import dev.gradine.tensor.kernel.Mask;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/// The parts that families of encoders are made of, with their sizes as `config.json` gives them.
final class EncoderParts {

    private static final int LABELS = 2; // where a configuration does not say, in transformers

    /// Of models that may be given a head for labels.
    private static final Pattern HEADLESS = Pattern.compile("\\w+(Model|ForMaskedLM|ForPreTraining)");

    private final boolean isWhole; // whether there is a head for labels
    private final String name;
    private final ModelConfig config;
    private final Weights weights;
    private final Heads heads;
    private final float eps;

    /// @param architecture of a model with a head for labels; that of another begins here
    /// @param eps what is added to variances
    EncoderParts(String name, String architecture, ModelConfig c, Weights w, double eps) {
        List<String> said = c.texts("architectures");
        isWhole = said.isEmpty() || said.contains(architecture);
        if (!isWhole && said.stream().noneMatch(a -> HEADLESS.matcher(a).matches())) {
            throw c.wrong(
                    "architectures", "[%s], or one without a head, or with one for words".formatted(architecture));
        }
        this.name = name;
        config = c;
        weights = w;
        this.eps = (float) eps;
        heads = Parts.heads(c, c.positive("num_attention_heads"));
    }

    /// Channels C.
    int hidden() {
        return heads.hidden();
    }

    /// Size of a head D.
    int headSize() {
        return heads.size();
    }

    /// A layer norm over the channels.
    Norm layerNorm(Weights w, String path, boolean hasBias) {
        var weight = w.weight(path + ".weight", hidden());
        return hasBias
                ? new Norm.Layer(weight, w.weight(path + ".bias", hidden()), eps)
                : new Norm.LayerWithoutBias(weight, eps);
    }

    /// Attention of each token to all of its text, scores scaled by 1/√D.
    AttentionSpec full() {
        float scale = (float) (1 / Math.sqrt(heads.size()));
        return AttentionSpec.causal(heads.count(), heads.keys(), heads.size(), scale)
                .with(new Mask.Full());
    }

    /// The attention layer of a block, to be put together.
    AttentionParts attention(Weights w, int layer, String path) {
        return new AttentionParts(heads, w.at(path), layer, this::full);
    }

    /// Feed-forward layers of `intermediate_size` channels.
    FeedForwards feedForwards(boolean bias) {
        return new FeedForwards(hidden(), config.positive("intermediate_size"), bias);
    }

    /// The layers, `LAYERS.0` and so on.
    List<Decoder.Layer> layers(String path, Parts.LayerMaker maker) {
        List<Decoder.Layer> layers = new ArrayList<>();
        for (int l = 0; l < config.positive("num_hidden_layers"); l++) {
            int number = l;
            layers.add(weights.layer(() -> block(maker, number, path)));
        }
        return layers;
    }

    private Block block(Parts.LayerMaker maker, int number, String path) {
        return maker.block(number, weights.at(path + "." + number));
    }

    /// A head for labels, behind what a family computes of the pooled row.
    ///
    /// @param before `f32[S,C] → f32[S,C]`
    Top top(RowStep last, Pooling pooling, RowStep before) {
        return top(last, pooling, before, "classifier");
    }

    /// The same with the head under another name.
    Top top(RowStep last, Pooling pooling, RowStep before, String path) {
        Labels labels = Labels.of(config, LABELS);
        Linear classifier = head(path, labels.count(), true);
        return new Top(last, pooling, before.then(classifier::forward), labels);
    }

    /// A linear layer of the head, over the channels, and a function behind it.
    RowStep dense(String path, boolean hasBias, UnaryOperator<Var> act) {
        Linear dense = head(path, hidden(), hasBias);
        return (x, pass) -> act.apply(dense.forward(x, pass));
    }

    private Linear head(String path, int out, boolean hasBias) {
        return isWhole ? weights.linear(path, out, hidden(), hasBias) : weights.head(path, out, hidden(), hasBias);
    }

    /// The whole model, in which tokens are of one type.
    EncoderModel encoder(Begin begin, List<Decoder.Layer> layers, Top top) {
        return encoder(begin, 1, layers, top, config.positive("max_position_embeddings"));
    }

    /// The same with more types of tokens, and another longest text than the table of positions has rows.
    EncoderModel encoder(Begin begin, int types, List<Decoder.Layer> layers, Top top, int positions) {
        var sizes = new Sizes(name, hidden(), config.positive("vocab_size"), positions);
        return new EncoderModel(sizes, types, begin, layers, top, weights);
    }
}
