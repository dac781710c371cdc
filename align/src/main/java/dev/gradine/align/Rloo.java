package dev.gradine.align;

import static dev.gradine.autograd.op.Functions.clamp;
import static dev.gradine.autograd.op.Functions.exp;
import static dev.gradine.autograd.op.Functions.min;
import static dev.gradine.autograd.op.Functions.mul;
import static dev.gradine.autograd.op.Functions.scale;

import dev.gradine.autograd.Var;
import dev.gradine.data.encode.Attempt;
import dev.gradine.data.encode.Group;
import dev.gradine.optim.MeanMetrics;
import dev.gradine.optim.Metric;
import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import dev.gradine.settings.Usual;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// REINFORCE with the mean of the others of the group as baseline.
///
/// ```
/// R′  = clip(R) − β (log p_old(y) − log r(y))
/// A_i = R′_i − mean of R′_j, j ≠ i
/// L   = −min(ρ A, clip(ρ, 1 − ε, 1 + ε⁺) A)        ρ = p(y) / p_old(y)
/// ```
///
/// of whole answers y: p is the policy, p_old the one that sampled them, r the reference. Ahmadian et al. 2024
/// (arXiv:2402.14740), eq. 7; the clipped ratio is that of PPO, for answers that are learnt from more than once.
///
/// @param beta weight β of the divergence from the reference, in the reward; 0 for no reference
/// @param clip how far the policy may move
/// @param rewardClip least and largest reward that counts; none for all
/// @param normalizeAdvantages whether advantages are brought to mean 0 and spread 1
/// @param groups what is sampled, how, and what for
@Usual(from = 5e-7, to = 0.0005, why = "as GRPO", source = "Ahmadian et al. 2024: 1e-6, all weights; TRL: 1e-6")
public record Rloo(
        @Option(says = "Weight of the divergence from the reference, in the reward; 0 for no reference.", least = 0)
        @Usual(
                from = 0,
                to = 0.2,
                why = "0.05, a divergence that pays for itself in the reward",
                source = "Ahmadian et al. 2024 (RLOO); TRL: 0.05")
        float beta,

        @Part Clip clip,

        @Option(says = "Least and largest reward that counts.", label = "LO,HI", otherwise = "none")
        List<Double> rewardClip,

        @Option(says = "Bring the advantages of a step to mean 0 and spread 1.")
        boolean normalizeAdvantages,

        @Part GroupSettings groups)
        implements GroupLoss {

    /// How far the ratio of a whole answer may move.
    ///
    /// @param epsilon ε, below 1
    /// @param epsilonHigh ε⁺, above 1
    public record Clip(
            @Option(says = "How far the ratio of an answer may fall below 1.", least = 0, below = 1)
            @Usual(from = 0.05, to = 0.4, why = "0.2, as PPO", source = "Schulman et al. 2017 (PPO), table 1; TRL: 0.2")
            float epsilon,

            @Option(says = "How far it may rise above 1.", least = 0)
            @Usual(from = 0.05, to = 0.4, why = "0.2, as PPO", source = "Schulman et al. 2017 (PPO), table 1; TRL: 0.2")
            float epsilonHigh) {}

    /// @throws IllegalArgumentException if the bounds are not two that ascend
    public Rloo {
        rewardClip = List.copyOf(rewardClip);
        boolean fits = rewardClip.isEmpty() || (rewardClip.size() == 2 && rewardClip.get(0) < rewardClip.get(1));
        if (!fits) throw new IllegalArgumentException("reward-clip: %s, expected LO,HI".formatted(rewardClip));
    }

    /// Two answers a prompt, β = 0.05.
    public static Rloo defaults() {
        return new Rloo(0.05f, new Clip(0.2f, 0.2f), List.of(), false, GroupSettings.of(2));
    }

    @Override
    public About about() {
        return new About(
                "rloo",
                "REINFORCE leave-one-out",
                "Let a model answer prompts and learn with LoRA from what an answer is worth beside the others.",
                1e-5);
    }

    @Override
    public double compared(double reward, Attempt a) {
        double clipped = rewardClip.isEmpty() ? reward : Math.clamp(reward, rewardClip.get(0), rewardClip.get(1));
        return clipped - beta * a.divergence();
    }

    /// The divergence that the rewards are less by, per token.
    @Override
    public void addFacts(List<Attempt> attempts, Map<String, Double> facts) {
        if (beta == 0) return;
        double sum = 0;
        int tokens = 0;
        for (Attempt a : attempts) {
            sum += a.divergence();
            tokens += a.length();
        }
        facts.put("kl", sum / tokens);
    }

    @Override
    public double[] advantages(double[] compared) {
        return Advantages.leaveOneOut(compared, group(), normalizeAdvantages);
    }

    @Override
    public double weight(Group example) {
        return example.attempts().size();
    }

    @Override
    public Var loss(Scored<Group> scored) {
        Attempted batch = Attempted.of(scored);
        Var ratio = ratio(batch);
        Var a = batch.each(Attempt::advantage);
        Var clipped = clamp(ratio, 1 - clip.epsilon(), 1 + clip.epsilonHigh());
        return scale(min(mul(ratio, a), mul(clipped, a)), -1);
    }

    /// ρ of each answer, `f32[S]`.
    private static Var ratio(Attempted batch) {
        return exp(batch.sums(batch.logRatio()));
    }

    @Override
    public List<Metric> metrics() {
        List<Metric> all = new ArrayList<>(List.of(Metric.loss("")));
        all.addAll(facts());
        if (beta > 0) all.add(Metric.neutral("kl", "nats per token", "Divergence from the reference"));
        all.add(Metric.neutral("entropy", "nats per token", "Entropy"));
        all.addAll(Clipped.metrics());
        return all;
    }

    @Override
    public void measure(Scored<Group> scored, MeanMetrics m) {
        Attempted batch = Attempted.of(scored);
        Answers all = scored.all();
        m.add("entropy", all.entropy(), all.tokens());
        float[] ratios = batch.values(batch.spread(ratio(batch)));
        new Clipped(1 - clip.epsilon(), 1 + clip.epsilonHigh()).measure(batch, ratios, true, m);
    }
}
