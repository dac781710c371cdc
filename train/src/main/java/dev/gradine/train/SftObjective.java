package dev.gradine.train;

import dev.gradine.align.Labelled;
import dev.gradine.align.SftLoss;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.nn.Pass;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.optim.Objective;
import dev.gradine.optim.Outcome;
import dev.gradine.optim.Step;
import dev.gradine.tensor.Kernels;
import java.util.List;

/// Supervised fine-tuning: see `SftLoss`. Logs `loss`, `entropy` and `mean_token_accuracy` over the labelled tokens.
public final class SftObjective implements Objective<Labelled> {

    private final Learner learner;

    public SftObjective(Learner learner) {
        this.learner = learner;
    }

    @Override
    public double weight(Labelled example) {
        return example.predicted();
    }

    @Override
    public double work(Labelled example) {
        return example.tokens();
    }

    @Override
    public String unit() {
        return "tokens";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(
                Metric.loss("nats per token"),
                Metric.neutral("entropy", "nats per token", "Entropy"),
                Metric.rising("mean_token_accuracy", "", "Token accuracy").asHeadline());
    }

    @Override
    public Outcome forward(Step step, List<Labelled> micro, double totalWeight) {
        Pass pass = learner.pass(step, TokenLogProbs.packed(micro));
        TokenLogProbs lp = TokenLogProbs.of(learner.policy().model(), pass, micro);
        Kernels k = step.tape().kernels();
        MeanMetrics m = new MeanMetrics();
        int n = lp.count();
        m.add("loss", -HostSums.sum(k.download(lp.values().value())), n);
        m.add("entropy", HostSums.sum(k.download(lp.stats().entropy())), n);
        m.add(
                "mean_token_accuracy",
                HostSums.equal(k.downloadInts(lp.stats().argmax()), k.downloadInts(lp.targets())),
                n);
        return new Outcome(SftLoss.of(lp, totalWeight), m);
    }
}
