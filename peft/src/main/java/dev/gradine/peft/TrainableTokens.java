package dev.gradine.peft;

import dev.gradine.nn.Embedding;
import dev.gradine.nn.Linear;
import dev.gradine.nn.Model;
import dev.gradine.nn.Site;
import dev.gradine.settings.Option;
import java.util.List;
import java.util.Set;

/// Trainable tokens: some rows of an embedding are trained and nothing else, such as those of added special tokens.
///
/// ```
/// E′[tokens_i] = V_i, else E        V starts as E[tokens]
/// ```
///
/// PEFT's method of this name; no paper. What it computes is in `TrainedRows`. A head that is tied to the embedding
/// follows. Merging writes the rows.
///
/// @param tokenIndices numbers of the tokens
/// @param initWeights whether rows begin as those of the checkpoint; else normally distributed
public record TrainableTokens(
        @Option(says = "Tokens whose rows are trained.", label = "N", peft = "token_indices")
        List<Integer> tokenIndices,

        @Option(says = "Begin with the rows of the checkpoint.", name = "init-rows", peft = "init_weights")
        boolean initWeights)
        implements Method {

    private static final PeftFields FIELDS = PeftFields.with(Set.of("target_modules"));

    /// Of no token yet.
    public static TrainableTokens defaults() {
        return new TrainableTokens(List.of(), true);
    }

    @Override
    public String peftType() {
        return "TRAINABLE_TOKENS";
    }

    @Override
    public PeftFields peftFields() {
        return FIELDS;
    }

    @Override
    public Targets usualTargets() {
        return new Targets.OfFamily();
    }

    @Override
    public Targets usualTargets(Model model) {
        return new Targets.Suffixes(List.of(model.embeddings().getFirst().path()));
    }

    @Override
    public List<Integer> tokens(Site site, Selection where, boolean isInput) {
        boolean adapted = (site instanceof Embedding || site instanceof Linear) && where.adapts(site.path());
        if (adapted) TokenIndices.requireEachOnce(tokenIndices);
        return adapted ? tokenIndices : List.of();
    }

    @Override
    public boolean drawsRows() {
        return !initWeights;
    }

    @Override
    public String storedRows(Site site) {
        return AdapterFolder.PREFIX + site.path() + ".trainable_tokens_delta";
    }

    @Override
    public boolean storesFollowers() {
        return true;
    }

    @Override
    public boolean takes(Site site) {
        return false;
    }

    @Override
    public long parameters(Site site) {
        return 0;
    }

    @Override
    public Beginning begins() {
        return initWeights ? Beginning.SAME : Beginning.OTHER;
    }

    @Override
    public Adapter fresh(Site site, Start start) {
        throw new IllegalStateException("trainable-tokens: there is no adapter at " + site.path());
    }
}
