package dev.gradine.nn;

import static dev.gradine.autograd.op.IndexSelect.indexSelect;
import static dev.gradine.autograd.op.MatMul.matMul;
import static dev.gradine.autograd.op.Permute.transpose;

import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.Decoder.Begin;
import dev.gradine.nn.Decoder.Layer;
import dev.gradine.nn.Decoder.Sizes;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.kernel.Sequences;
import java.util.List;
import java.util.stream.Stream;

/// A transformer in which each token sees those behind it, too, with a head for labels.
///
/// ```
/// h₀ = begin(ids)         hₗ = block_l(hₗ₋₁)         hidden = last(h_L)
/// z  = head(pool(hidden))                            a row for each text
/// ```
///
/// Devlin et al. 2018 (arXiv:1810.04805). It writes no text, and nothing of a text can be read before the
/// whole of it is known: there is no cache, and no beginning is shared.
public final class EncoderModel implements Classifier {

    /// From the hidden states of a text to one row.
    public enum Pooling {
        /// That of its first token.
        FIRST,
        /// Their mean over its tokens.
        MEAN
    }

    /// From hidden states to labels.
    ///
    /// @param last of each row, in front of the pooling
    /// @param head from a row of each text to its logits, `f32[S,C] → f32[S,L]`
    public record Top(RowStep last, Pooling pooling, RowStep head, Labels labels) {}

    private static final String HEAD = "classifier"; // by its name, and with all below it, in every family

    private final Sizes sizes;
    private final int types;
    private final Begin begin;
    private final List<Layer> layers;
    private final Top top;
    private final Weights weights;

    /// @param types of tokens that it tells apart, at least 1
    /// @param weights what the parts were made of, for adapters, merging and counting
    public EncoderModel(Sizes sizes, int types, Begin begin, List<Layer> layers, Top top, Weights weights) {
        this.sizes = sizes;
        this.types = types;
        this.begin = begin;
        this.layers = List.copyOf(layers);
        this.top = top;
        this.weights = weights;
    }

    @Override
    public Var hidden(Pass pass) {
        sizes.require(pass);
        if (pass.rows() != pass.batch()) {
            throw new IllegalArgumentException(
                    sizes.name() + ": the adapters have virtual tokens, expected none (of a model that is no decoder)");
        }
        if (pass.cache() != null || pass.rows().isBranching()) {
            throw new IllegalArgumentException(sizes.name()
                    + ": a text continues another, expected whole texts (each token sees all of its text)");
        }
        requireTypes(pass.batch());
        Var h = begin.forward(pass.tape(), pass);
        for (Layer layer : layers) h = layer.through(h, pass);
        return h.tape().frame(x -> top.last.of(x, pass), h);
    }

    private void requireTypes(TokenBatch batch) {
        for (int type : batch.types()) {
            if (type >= 0 && type < types) continue;
            throw new IllegalArgumentException("%s: type of a token is %d, expected 0 to %d (type_vocab_size)"
                    .formatted(sizes.name(), type, types - 1));
        }
    }

    @Override
    public int tokenTypes() {
        return types;
    }

    @Override
    public Var logits(Var hidden, Pass pass) {
        return hidden.tape().frame(x -> top.head.of(pooled(x, pass.batch().layout()), pass), hidden);
    }

    private Var pooled(Var h, Sequences texts) {
        Kernels k = h.tape().kernels();
        int n = texts.count();
        if (top.pooling == Pooling.FIRST) {
            int[] first = new int[n];
            for (int s = 0; s < n; s++) first[s] = texts.queryStart(s);
            return indexSelect(h, k.ofInts(first));
        }
        float[] shares = new float[n * texts.queries()];
        for (int s = 0; s < n; s++) {
            int at = s * texts.queries() + texts.queryStart(s);
            for (int i = 0; i < texts.queries(s); i++) shares[at + i] = 1f / texts.queries(s);
        }
        Tape tape = h.tape();
        return matMul(tape.constant(k.of(Shape.of(n, texts.queries()), shares)), transpose(h));
    }

    @Override
    public Labels labels() {
        return top.labels;
    }

    @Override
    public String family() {
        return sizes.name();
    }

    @Override
    public int vocabSize() {
        return sizes.vocabSize();
    }

    @Override
    public int maxPositions() {
        return sizes.maxPositions();
    }

    @Override
    public List<String> untrained() {
        Stream<String> others = weights.begun().stream().filter(path -> !path.startsWith(HEAD));
        return Stream.concat(Stream.of(HEAD), others).toList();
    }

    @Override
    public List<Linear> linears() {
        return weights.linears();
    }

    @Override
    public List<Embedding> embeddings() {
        return weights.embeddings();
    }

    @Override
    public List<Weight> weights() {
        return weights.weights();
    }
}
