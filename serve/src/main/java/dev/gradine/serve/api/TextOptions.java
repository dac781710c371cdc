package dev.gradine.serve.api;

import dev.gradine.nn.generate.LogitChanges;
import dev.gradine.tensor.kernel.SamplingParams;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/// How texts are asked for.
///
/// @param sampling how a token is drawn
/// @param changes what happens to the logits before
/// @param maxTokens most tokens of a text, −1 for as many as there is room for
/// @param stops texts that end a text
/// @param stopTokens tokens that end a text beside those of the model
/// @param ignoresEnds whether the model's own ends do not end it
/// @param n texts for each prompt
/// @param seed of all texts
record TextOptions(
        SamplingParams sampling,
        LogitChanges changes,
        int maxTokens,
        List<String> stops,
        Set<Integer> stopTokens,
        boolean ignoresEnds,
        int n,
        long seed) {

    /// The tokens that end a text.
    IntPredicate ends(IntPredicate ofModel) {
        return t -> stopTokens.contains(t) || (!ignoresEnds && ofModel.test(t));
    }
}
