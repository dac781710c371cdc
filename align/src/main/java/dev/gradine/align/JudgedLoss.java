package dev.gradine.align;

import dev.gradine.data.encode.Judged;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import java.util.List;

/// Learning from answers that are each judged good or bad, without a rival. `permits` lists all losses.
///
/// Logs TRL's metrics: of desirable answers as `chosen`, of undesirable ones as `rejected`, with the reward
/// beta · (p − r); the margin is the difference of the means of the micro-batch, if it has answers of both kinds.
public sealed interface JudgedLoss extends Recipe<Judged> permits Kto, Bco {

    /// Factor of the reward that is logged.
    float beta();

    @Override
    default ReferenceUse reference() {
        return ReferenceUse.IN_LOSS;
    }

    /// Those of the answer; that of a stranger is not learnt.
    @Override
    default int tokens(Judged example) {
        return example.answer().tokens();
    }

    /// What the loss compares rewards with, as it is logged.
    Metric anchor();

    @Override
    default List<Metric> metrics() {
        return List.of(
                Metric.loss("per answer"),
                anchor(),
                Metric.rising("rewards/chosen", "", "Reward of desirable answers")
                        .in("Rewards"),
                Metric.neutral("rewards/rejected", "", "Reward of undesirable answers")
                        .in("Rewards"),
                Metric.neutral("logps/chosen", "nats per answer", "Log-probability of desirable answers")
                        .in("Log-probability of the answer"),
                Metric.neutral("logps/rejected", "nats per answer", "Log-probability of undesirable answers")
                        .in("Log-probability of the answer"),
                Metric.neutral("logits/chosen", "", "Mean logit in desirable answers")
                        .in("Mean logit"),
                Metric.neutral("logits/rejected", "", "Mean logit in undesirable answers")
                        .in("Mean logit"),
                Metric.neutral("entropy", "nats per token", "Entropy"),
                Metric.rising("rewards/margins", "", "Reward margin")
                        .in("Rewards")
                        .asHeadline());
    }

    @Override
    default void measure(Scored<Judged> batch, MeanMetrics m) {
        Answers answers = batch.branch(0);
        double[] reward = new double[2];
        int[] count = new int[2];
        for (int i = 0; i < answers.size(); i++) {
            int kind = batch.examples().get(i).desirable() ? 0 : 1;
            String name = kind == 0 ? "chosen" : "rejected";
            Answers one = answers.at(i);
            double r = beta() * answers.logRatio(i);
            m.add("rewards/" + name, r, 1);
            m.add("logps/" + name, answers.sum(i), 1);
            m.add("logits/" + name, one.meanLogits(), one.tokens());
            reward[kind] += r;
            count[kind]++;
        }
        if (count[0] > 0 && count[1] > 0) {
            m.add("rewards/margins", reward[0] / count[0] - reward[1] / count[1], 1);
        }
        m.add("entropy", answers.entropy(), answers.tokens());
    }
}
