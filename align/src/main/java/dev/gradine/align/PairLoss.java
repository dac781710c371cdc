package dev.gradine.align;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Encoder;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.Pair;
import dev.gradine.data.encode.PreferenceEncoder;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import java.util.List;

/// Learning from pairs of answers to one prompt. `permits` lists all losses.
///
/// Logs TRL's metrics: `rewards/*` with reward = beta · score, accuracy with strict >, `logps/*` of the answers,
/// `entropy` over the tokens of all answers, `mean_token_accuracy` over those of the chosen one. Tokens are
/// counted as TRL counts them, prompt and answer of every sequence, though the prompt is read once.
public sealed interface PairLoss extends Recipe<Pair> permits Dpo, ReferenceFree, CustomPairLoss {

    /// Pairs that are looked at for what is told of all.
    int LOOKED_AT = 1000;

    /// Loss of each pair, `f32[B]`, in nats. Their mean is what training minimises.
    Var loss(Pairs pairs);

    /// Factor of the reward that is logged.
    float beta();

    /// Log-probability of an answer as it is logged: by default the sum over its tokens.
    default double logp(Answers answers, int i) {
        return answers.sum(i);
    }

    /// What the logged reward of an answer is `beta` times of: by default `p − r`.
    default double score(Answers answers, int i) {
        return answers.logRatio(i);
    }

    @Override
    default Var loss(Scored<Pair> batch) {
        return loss(Pairs.of(batch));
    }

    @Override
    default Encoder<Pair> encoder(TextCodec codec, int maxLength, int batch) {
        return new PreferenceEncoder(codec, maxLength);
    }

    /// Margins that nothing is made of.
    @Override
    default List<String> advice(List<Pair> examples) {
        boolean any = examples.stream().limit(LOOKED_AT).anyMatch(p -> p.margin() != 0);
        return any
                ? List.of("%s: rows have a margin, which it does not use; reward does".formatted(about().name()))
                : List.of();
    }

    @Override
    default List<LabelledTokens> sequences(Pair pair) {
        return pair.all();
    }

    @Override
    default int tokens(Pair pair) {
        return pair.all().stream().mapToInt(LabelledTokens::tokens).sum();
    }

    @Override
    default List<Metric> metrics() {
        return List.of(
                Metric.loss("nats per pair"),
                Metric.neutral("rewards/chosen", "", "Reward of chosen answers").in("Rewards"),
                Metric.neutral("rewards/rejected", "", "Reward of rejected answers")
                        .in("Rewards"),
                Metric.rising("rewards/margins", "", "Reward margin").in("Rewards"),
                Metric.neutral("logps/chosen", "nats per answer", "Log-probability of chosen answers")
                        .in("Log-probability of the answer"),
                Metric.neutral("logps/rejected", "nats per answer", "Log-probability of rejected answers")
                        .in("Log-probability of the answer"),
                Metric.neutral("logits/chosen", "", "Mean logit in chosen answers")
                        .in("Mean logit"),
                Metric.neutral("logits/rejected", "", "Mean logit in rejected answers")
                        .in("Mean logit"),
                Metric.neutral("entropy", "nats per token", "Entropy"),
                Metric.rising("mean_token_accuracy", Metric.SHARE, "Token accuracy")
                        .in("Accuracy")
                        .asHeadline(),
                Metric.rising("rewards/accuracies", Metric.SHARE, "Preference accuracy")
                        .in("Accuracy")
                        .asHeadline());
    }

    @Override
    default void measure(Scored<Pair> batch, MeanMetrics m) {
        Pairs p = Pairs.of(batch);
        for (int i = 0; i < p.size(); i++) {
            double chosen = beta() * score(p.chosen(), i);
            double rejected = beta() * score(p.rejected(), i);
            m.add("rewards/chosen", chosen, 1);
            m.add("rewards/rejected", rejected, 1);
            m.add("rewards/accuracies", chosen > rejected ? 1 : 0, 1);
            m.add("rewards/margins", chosen - rejected, 1);
            m.add("logps/chosen", logp(p.chosen(), i), 1);
            m.add("logps/rejected", logp(p.rejected(), i), 1);
        }
        Answers answers = batch.branches(0, batch.examples().getFirst().all().size());
        m.add("logits/chosen", p.chosen().meanLogits(), p.chosen().tokens());
        m.add("logits/rejected", p.rejected().meanLogits(), p.rejected().tokens());
        m.add("entropy", answers.entropy(), answers.tokens());
        m.add("mean_token_accuracy", p.chosen().guessed(), p.chosen().tokens());
    }
}
