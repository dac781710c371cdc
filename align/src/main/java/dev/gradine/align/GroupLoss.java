package dev.gradine.align;

import dev.gradine.data.encode.Attempt;
import dev.gradine.optim.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Learning from rewards: what an answer is better than the rest of its group becomes likelier. `permits` lists them.
public sealed interface GroupLoss extends SampledRecipe permits Grpo, Rloo, OnlineDpo, CustomGroupLoss {

    /// Name of the reward that rows bring with their answers.
    String GIVEN = "given_reward";

    /// What is sampled, how, and what for.
    GroupSettings groups();

    /// Weight β of the divergence from the reference; 0 for no reference.
    float beta();

    /// The reward an answer is compared by, where that is not the one it was given.
    default double compared(double reward, Attempt a) {
        return reward;
    }

    /// What each answer is better than the rest of its group.
    ///
    /// @param rewards of all answers of a step, group after group; NaN for one nobody could judge
    double[] advantages(double[] rewards);

    /// Adds what else is logged of the answers of a step, which have their rewards and advantages by then.
    default void addFacts(List<Attempt> attempts, Map<String, Double> facts) {}

    /// Spread of the rewards that is logged as zero or not: one a group, or one in all.
    default double[] spreads(double[] rewards) {
        return Advantages.spreads(rewards, group());
    }

    @Override
    default int group() {
        return groups().group();
    }

    @Override
    default int iterations() {
        return groups().iterations();
    }

    @Override
    default SamplingSettings sampling() {
        return groups().sampling();
    }

    @Override
    default boolean leavesOut(Attempt a) {
        return groups().maskTruncated() && !a.ended();
    }

    @Override
    default ReferenceUse reference() {
        return beta() > 0 ? ReferenceUse.BEFOREHAND : ReferenceUse.POSSIBLE;
    }

    /// What is logged of sampled answers, in TRL's names.
    default List<Metric> facts() {
        List<Metric> all = new ArrayList<>(List.of(
                Metric.rising("reward", "", "Reward").asHeadline(),
                Metric.neutral("reward_std", "", "Spread of rewards"),
                Metric.neutral("frac_reward_zero_std", Metric.SHARE, "Groups of equal rewards")));
        for (String name : groups().rewards().names()) {
            all.add(Metric.rising("rewards/" + name + "/mean", "", name).in("Rewards"));
            all.add(Metric.neutral("rewards/" + name + "/std", "", name).in("Spread of rewards"));
        }
        all.addAll(lengths());
        return all;
    }
}
