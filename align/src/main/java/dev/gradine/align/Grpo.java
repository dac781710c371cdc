package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.add;
import static dev.gradine.autograd.op.Functions.exp;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.scale;
import static dev.gradine.autograd.op.Functions.shift;
import static dev.gradine.autograd.op.Functions.sub;

import dev.gradine.align.Advantages.Scale;
import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Group;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import java.util.ArrayList;
import java.util.List;

/// Group relative policy optimisation: answers better than the mean of their group become likelier, worse ones
/// unlikelier, as far as a clipped ratio lets them.
///
/// ```
/// A   = (R − mean of the group) / (std of the group + 10⁻⁴)
/// ρ   = exp(p − p_old)
/// l   = −min(ρ A, clip(ρ, 1 − ε, 1 + ε⁺) A) + β ρ (e^d − d − 1)        d = r − p
/// L   = mean over answers of the mean over their tokens of l
/// ```
///
/// where p, p_old, r are log-probabilities of a token under the policy, the policy that sampled it and the reference.
/// Shao et al. 2024 (arXiv:2402.03300), eq. 3 and 4; the divergence has the factor ρ, without which its gradient is
/// not that of KL(p ‖ r). Other members of the family differ in l and in the mean: see `GrpoLoss`.
///
/// With fresh answers ρ is 1, and the loss is −mean A: near 0 whatever is learnt. A group of equal rewards teaches
/// nothing.
///
/// @param loss member of the family
/// @param beta weight β of the divergence from the reference; 0 for no reference
/// @param clip how far the policy may move
/// @param scaleRewards what an advantage is divided by
/// @param groups what is sampled, how, and what for
@Usual(
        from = 5e-7,
        to = 0.0005,
        why = "samples are noisy, so steps are small; small models and exact rewards bear 1e-4 and more",
        source = "Shao et al. 2024: 1e-6, all weights; TRL: 1e-6")
public record Grpo(
        @Option(says = "Member of the family: grpo, bnpo, dr_grpo, dapo, cispo, sapo, luspo, vespo.", label = "NAME")
        GrpoLoss loss,

        @Option(says = "Weight of the divergence from the reference; 0 for no reference.", least = 0)
        @Usual(
                from = 0,
                to = 0.1,
                why = "no reference: later work trains better and faster without; the paper had 0.04",
                source = "Yu et al. 2025 (DAPO), section 2.3; TRL: 0")
        float beta,

        @Part ClipSettings clip,

        @Option(says = "What an advantage is divided by: the spread of its group, of the batch, or none.")
        Advantages.Scale scaleRewards,

        @Part GroupSettings groups)
        implements GroupLoss {

    /// @throws IllegalArgumentException if an option has no effect, or one that is needed is not given
    public Grpo {
        if (loss.cost() == GrpoLoss.Cost.CAPPED) {
            clip.cap();
            if (clip.epsilon() != null) throw without("epsilon", "a ratio is capped from above alone");
        }
        boolean clips = loss.cost() == GrpoLoss.Cost.CLIPPED || loss.cost() == GrpoLoss.Cost.CAPPED;
        if (!clips && (clip.epsilon() != null || clip.epsilonHigh() != null)) {
            throw without(clip.epsilon() != null ? "epsilon" : "epsilon-high", "no ratio is clipped");
        }
        if (loss.cost() == GrpoLoss.Cost.WEIGHTED && clip.ratio() == ClipSettings.Ratio.SEQUENCE && beta == 0) {
            throw without("ratio", "the weight is one of a whole answer already");
        }
    }

    private static IllegalArgumentException without(String option, String because) {
        return new IllegalArgumentException(
                "grpo: --%s has no effect with this loss, expected none (%s)".formatted(option, because));
    }

    /// The mean over all tokens of the step, as DAPO has it, groups of 8, no reference.
    public static Grpo defaults() {
        return new Grpo(GrpoLoss.DAPO, 0, ClipSettings.defaults(), Scale.GROUP, GroupSettings.of(8));
    }

    @Override
    public About about() {
        return new About(
                "grpo",
                "Group relative policy optimisation",
                "Let a model answer prompts in groups and learn with LoRA from what each answer is worth.",
                1e-5);
    }

    @Override
    public double[] advantages(double[] given) {
        return Advantages.standardised(given, group(), scaleRewards);
    }

    @Override
    public double[] spreads(double[] given) {
        if (scaleRewards == Scale.BATCH) return new double[] {Advantages.std(given)};
        return GroupLoss.super.spreads(given);
    }

    @Override
    public double weight(Group example) {
        if (loss.mean() != GrpoLoss.Mean.OF_TOKENS) return example.attempts().size();
        return sequences(example).stream().mapToInt(s -> s.predicted()).sum();
    }

    @Override
    public Var loss(Scored<Group> scored) {
        Attempted batch = Attempted.of(scored);
        Var ratio = ratio(batch);
        Var costs = loss.costs(batch, ratio, clip);
        if (beta > 0) costs = add(costs, scale(divergence(batch, ratio), beta));
        return switch (loss.mean()) {
            case OF_ANSWERS -> batch.means(costs);
            case OF_MICRO_BATCH -> scale(batch.sums(costs), (float) batch.size() / batch.tokens());
            case OF_LONGEST -> scale(batch.sums(costs), 1f / groups.sampling().maxCompletion());
            case OF_TOKENS -> costs;
            case OF_SUMS -> batch.sums(costs);
        };
    }

    /// ρ of each token, `f32[M]`.
    private Var ratio(Attempted batch) {
        Var d = batch.logRatio();
        return exp(clip.ratio() == ClipSettings.Ratio.TOKEN ? d : batch.spread(batch.means(d)));
    }

    /// `ρ (e^d − d − 1)` of each token, `f32[M]`. Schulman 2020, "Approximating KL divergence", k3.
    private static Var divergence(Attempted batch, Var ratio) {
        Var d = sub(batch.reference(), batch.logProbs());
        return mul(shift(sub(exp(d), d), -1), ratio);
    }

    @Override
    public List<Metric> metrics() {
        List<Metric> all = new ArrayList<>(List.of(Metric.loss("")));
        all.addAll(facts());
        all.add(Metric.neutral("entropy", "nats per token", "Entropy"));
        if (beta > 0) all.add(Metric.neutral("kl", "nats per token", "Divergence from the reference"));
        switch (loss.cost()) {
            case CLIPPED -> all.addAll(Clipped.metrics());
            case CAPPED -> all.add(Metric.neutral("cispo_clip_ratio", Metric.SHARE, "Tokens whose ratio was capped"));
            case WEIGHTED -> all.add(Metric.neutral("vespo/phi_seq_mean", "", "Weight of answers"));
            case SOFT -> {}
        }
        return all;
    }

    @Override
    public void measure(Scored<Group> scored, MeanMetrics m) {
        Attempted batch = Attempted.of(scored);
        Answers all = scored.all();
        m.add("entropy", all.entropy(), all.tokens());
        Var ratio = ratio(batch);
        if (beta > 0) m.add("kl", sum(batch.values(divergence(batch, ratio))), batch.tokens());
        boolean whole = clip.ratio() == ClipSettings.Ratio.SEQUENCE;
        switch (loss.cost()) {
            case CLIPPED -> new Clipped(clip.low(), clip.high()).measure(batch, batch.values(ratio), whole, m);
            case CAPPED -> {
                Clipped capped = new Clipped(0, clip.cap());
                m.add("cispo_clip_ratio", capped.above(batch, batch.values(ratio)), batch.tokens());
            }
            case WEIGHTED -> m.add("vespo/phi_seq_mean", sum(batch.values(GrpoLoss.phi(batch))), batch.size());
            case SOFT -> {}
        }
    }

    private static double sum(float[] x) {
        double s = 0;
        for (float v : x) s += v;
        return s;
    }
}
