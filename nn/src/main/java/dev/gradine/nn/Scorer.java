package dev.gradine.nn;

import static dev.gradine.autograd.op.IndexSelect.indexSelect;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import java.util.List;
import java.util.stream.Stream;

/// A language model whose head gives a number of each label in the place of those of words: what the text that ends at
/// a token is worth, or which of the labels it has.
///
/// ```
/// z_t = W h_t      W is score.weight [L,C]      of a text: z of its last token
/// ```
///
/// Hugging Face's `…ForSequenceClassification` of language models; one with one label is a reward model. The head for
/// words is not part of it.
///
/// @param body the language model
/// @param score the head, `[L,C]`
/// @param labels what its outputs stand for
public record Scorer(CausalLm body, Linear score, Labels labels) implements CausalLm, Classifier {

    /// Name of the head.
    public static final String SCORE = "score";

    @Override
    public Var logits(Var hidden, Pass pass) {
        return hidden.tape().frame(x -> head().logits(ends(x, pass.batch()), pass), hidden);
    }

    private static Var ends(Var h, TokenBatch batch) {
        return indexSelect(h, h.tape().kernels().ofInts(batch.textEnds()));
    }

    @Override
    public Var hidden(Pass pass) {
        return body.hidden(pass);
    }

    @Override
    public Trunk trunk(Kernels kernels, TokenBatch batch, List<Adapters> users) {
        return body.trunk(kernels, batch, users);
    }

    @Override
    public Var hidden(Pass pass, Trunk trunk) {
        return body.hidden(pass, trunk);
    }

    @Override
    public KvCache newCache(Kernels kernels, int tokens, int sequences) {
        return body.newCache(kernels, tokens, sequences);
    }

    @Override
    public Head head() {
        return Head.of(score);
    }

    @Override
    public int vocabSize() {
        return body.vocabSize();
    }

    @Override
    public int maxPositions() {
        return body.maxPositions();
    }

    @Override
    public String family() {
        return body.family();
    }

    @Override
    public Keys keys() {
        return body.keys();
    }

    @Override
    public String task() {
        return Classifier.super.task();
    }

    @Override
    public List<String> untrained() {
        return List.of(SCORE);
    }

    @Override
    public List<Linear> linears() {
        Linear words = body.head().linear();
        return Stream.concat(body.linears().stream().filter(l -> !l.equals(words)), Stream.of(score))
                .toList();
    }

    @Override
    public List<ExpertLinear> experts() {
        return body.experts();
    }

    @Override
    public List<Embedding> embeddings() {
        return body.embeddings();
    }

    @Override
    public List<Weight> weights() {
        Weight words = body.head().linear().weight();
        boolean shared = body.embeddings().stream().anyMatch(e -> e.weight().equals(words));
        return Stream.concat(body.weights().stream().filter(w -> shared || !w.equals(words)), Stream.of(score.weight()))
                .toList();
    }
}
