package dev.gradine.train;

import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Mean.mean;
import static dev.gradine.autograd.op.SliceRows.sliceRows;

import dev.gradine.align.LabelledPair;
import dev.gradine.align.PairBatch;
import dev.gradine.align.PairBatch.Prompts;
import dev.gradine.align.PreferenceLoss;
import dev.gradine.align.PreferenceLoss.Pair;
import dev.gradine.align.TokenLogProbs;
import dev.gradine.autograd.Tape;
import dev.gradine.autograd.Var;
import dev.gradine.nn.CausalLm;
import dev.gradine.nn.Pass;
import dev.gradine.nn.Trunk;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.optim.Objective;
import dev.gradine.optim.Outcome;
import dev.gradine.optim.Step;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.Shape;
import dev.gradine.tensor.Tensor;
import java.util.List;

/// Training on pairs of answers: one forward for the chosen and the rejected ones, their prompts read once.
///
/// Logs TRL's metrics: `loss`, `rewards/*` with reward = beta · (logp − ref), accuracy with strict >, `logps/*` summed
/// per answer, `entropy` over the tokens of both answers, `mean_token_accuracy` over those of the chosen
/// one. Tokens are counted as TRL counts them, prompt and answer of both sequences, though the prompt is
/// read once.
public final class PreferenceObjective implements Objective<LabelledPair> {

    private final Learner learner;
    private final PreferenceLoss loss;
    private final ReferenceLogProbs reference;
    private final Prompts prompts;

    /// @param prompts whether the two answers of a pair share the prompt they stand behind
    public PreferenceObjective(Learner learner, PreferenceLoss loss, ReferenceLogProbs reference, Prompts prompts) {
        this.learner = learner;
        this.loss = loss;
        this.reference = reference;
        this.prompts = prompts;
    }

    @Override
    public double weight(LabelledPair example) {
        return 1;
    }

    @Override
    public double work(LabelledPair example) {
        return example.tokens();
    }

    @Override
    public String unit() {
        return "tokens";
    }

    @Override
    public List<Metric> metrics() {
        return List.of(
                Metric.loss("nats per pair"),
                Metric.neutral("rewards/chosen", "", "Reward of chosen answers"),
                Metric.neutral("rewards/rejected", "", "Reward of rejected answers"),
                Metric.rising("rewards/margins", "", "Reward margin"),
                Metric.neutral("logps/chosen", "nats per answer", "Log-probability of chosen answers"),
                Metric.neutral("logps/rejected", "nats per answer", "Log-probability of rejected answers"),
                Metric.neutral("logits/chosen", "", "Mean logit in chosen answers"),
                Metric.neutral("logits/rejected", "", "Mean logit in rejected answers"),
                Metric.neutral("entropy", "nats per token", "Entropy"),
                Metric.rising("mean_token_accuracy", "", "Token accuracy").asHeadline(),
                Metric.rising("rewards/accuracies", "", "Pairs ordered rightly").asHeadline());
    }

    @Override
    public Outcome forward(Step step, List<LabelledPair> micro, double totalWeight) {
        int b = micro.size();
        Tape tape = step.tape();
        Kernels k = tape.kernels();
        PairBatch batch = PairBatch.of(micro, prompts);
        CausalLm model = learner.policy().model();
        Trunk trunk = model.trunk(k, batch.tokens(), reference.besides(learner.policy()));
        float[] ref = reference.of(k, batch, trunk);
        Pass pass = learner.pass(step, batch.tokens());
        Var hidden = model.hidden(pass, trunk);
        TokenLogProbs lp = TokenLogProbs.of(model, pass, hidden, batch);
        hidden.release();
        Tensor refs = k.of(Shape.of(2 * b), ref);
        Var sums = lp.sums();
        Pair policy = new Pair(sliceRows(sums, 0, b), sliceRows(sums, b, 2 * b));
        Pair frozen = new Pair(tape.constant(refs.rows(0, b)), tape.constant(refs.rows(b, 2 * b)));
        Var perPair = loss.apply(policy, frozen);
        MeanMetrics m = new MeanMetrics();
        m.add("loss", HostSums.sum(k.download(perPair.value())), b);
        rewards(m, k.download(sums.value()), ref, b);
        tokens(m, lp, k, b);
        return new Outcome(scale(mean(perPair), (float) (b / totalWeight)), m);
    }

    private void rewards(MeanMetrics m, float[] logp, float[] ref, int b) {
        for (int i = 0; i < b; i++) {
            double chosen = loss.beta() * ((double) logp[i] - ref[i]);
            double rejected = loss.beta() * ((double) logp[b + i] - ref[b + i]);
            m.add("rewards/chosen", chosen, 1);
            m.add("rewards/rejected", rejected, 1);
            m.add("rewards/accuracies", chosen > rejected ? 1 : 0, 1);
            m.add("rewards/margins", chosen - rejected, 1);
            m.add("logps/chosen", logp[i], 1);
            m.add("logps/rejected", logp[b + i], 1);
        }
    }

    private static void tokens(MeanMetrics m, TokenLogProbs lp, Kernels k, int b) {
        int all = lp.count();
        int chosen = k.downloadInts(lp.offsets())[b];
        float[] meanLogit = k.download(lp.stats().meanLogit());
        m.add("logits/chosen", HostSums.sum(meanLogit, 0, chosen), chosen);
        m.add("logits/rejected", HostSums.sum(meanLogit, chosen, all), all - chosen);
        m.add("entropy", HostSums.sum(k.download(lp.stats().entropy())), all);
        int right = HostSums.equal(k.downloadInts(lp.stats().argmax()), k.downloadInts(lp.targets()), chosen);
        m.add("mean_token_accuracy", right, chosen);
    }
}
