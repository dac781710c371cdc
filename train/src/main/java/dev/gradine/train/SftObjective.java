package dev.gradine.train;

import dev.gradine.align.Labelled;
import dev.gradine.align.SftLoss;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.nn.CausalLm;
import dev.gradine.tensor.Kernels;
import java.util.List;

/// Supervised fine-tuning: see `SftLoss`. Logs `loss`, `entropy` and `mean_token_accuracy` over the labelled tokens.
public final class SftObjective implements Objective<Labelled> {

    private final CausalLm model;

    /// @param model with its adapters on
    public SftObjective(CausalLm model) {
        this.model = model;
    }

    @Override
    public double weight(Labelled example) {
        return example.predicted();
    }

    @Override
    public int tokens(Labelled example) {
        return example.tokens();
    }

    @Override
    public Outcome forward(Tape tape, List<Labelled> micro, double totalWeight) {
        TokenLogProbs lp = TokenLogProbs.of(tape, model, micro);
        Kernels k = tape.kernels();
        MetricSums m = new MetricSums();
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
