package dev.gradine.nn;

import dev.gradine.autograd.Var;
import dev.gradine.tensor.Kernels;
import java.util.List;
import java.util.stream.Stream;

/// A language model whose head gives one number in the place of a word: the score of the text that ends at a token.
///
/// ```
/// r_t = w · h_t      w is score.weight [1,C]
/// ```
///
/// Hugging Face's `…ForSequenceClassification` with one label. The head for words is not part of it.
///
/// @param body the language model
/// @param score the head, `[1,C]`
public record Scorer(CausalLm body, Linear score) implements CausalLm {

    /// Name of the head.
    public static final String SCORE = "score";

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
        return "SEQ_CLS";
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
