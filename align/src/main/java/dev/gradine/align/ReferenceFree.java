package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.Ends;
import dev.gradine.data.encode.Pair;
import dev.gradine.data.encode.PreferenceEncoder;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import java.util.ArrayList;
import java.util.List;

/// A loss of pairs that compares the policy with nothing: what keeps it in place is the cross entropy of what it shall
/// say.
///
/// ```
/// L = comparison(p⁺, p⁻) + w · NLL
/// ```
///
/// Prompts and answers are encoded as TRL's CPO and ORPO trainers do it, with a BOS in front and an EOS behind. NLL is
/// a mean over the tokens of the micro-batch, and is logged as `nll_loss`, which is 0 where it has no weight.
public sealed interface ReferenceFree extends PairLoss permits Orpo, Cpo, Simpo, AlphaPo, Slic, Tpo {

    /// What compares the two answers of each pair, `f32[B]`.
    Var comparison(Pairs p);

    /// Weight w of the cross entropy.
    float sftWeight();

    /// Whose cross entropy it is: by default that of the chosen answers.
    default List<Answers> learnt(Pairs p) {
        return List.of(p.chosen());
    }

    @Override
    default Var loss(Pairs p) {
        Var comparison = comparison(p);
        return sftWeight() == 0 ? comparison : add(comparison, scale(p.crossEntropy(learnt(p)), sftWeight()));
    }

    @Override
    default Encoder<Pair> encoder(TextCodec codec, int maxLength, int batch) {
        return new PreferenceEncoder(codec, Ends.CLOSED, maxLength);
    }

    @Override
    default double score(Answers answers, int i) {
        return logp(answers, i);
    }

    @Override
    default List<Metric> metrics() {
        List<Metric> all = new ArrayList<>(PairLoss.super.metrics());
        all.add(Metric.neutral("nll_loss", "nats per token", "Cross entropy of what is learnt"));
        return all;
    }

    @Override
    default void measure(Scored<Pair> batch, MeanMetrics m) {
        PairLoss.super.measure(batch, m);
        List<Answers> learnt = learnt(Pairs.of(batch));
        int tokens = learnt.stream().mapToInt(Answers::tokens).sum();
        double sum = learnt.stream().mapToDouble(Answers::logProb).sum();
        m.add("nll_loss", sftWeight() == 0 ? 0 : -sum, tokens);
    }

    /// Fails unless a number that only makes sense above 0 is.
    ///
    /// @throws IllegalArgumentException names recipe and number
    static void requirePositive(String recipe, String name, float value) {
        if (!(value > 0))
            throw new IllegalArgumentException("%s: %s is %s, expected > 0".formatted(recipe, name, value));
    }

    /// Fails if a weight is below 0.
    ///
    /// @throws IllegalArgumentException names the recipe
    static void requireWeight(String recipe, float weight) {
        if (weight >= 0) return;
        throw new IllegalArgumentException("%s: sft weight is %s, expected at least 0".formatted(recipe, weight));
    }
}
