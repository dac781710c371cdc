package dev.gradine.align;

import dev.gradine.settings.Option;
import dev.gradine.settings.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// What answers are rewarded for.
///
/// @param reward names of functions with their arguments
/// @param rewardWeights factor of each; 1 where none are given
/// @param judge how the judge among them is asked
public record RewardSettings(
        @Option(
                says = "What answers are rewarded for: functions by name, each with its argument behind a colon, or a"
                        + " Java class; a comma inside an argument is written \\,.",
                label = "NAME[:ARG],…",
                otherwise = "the rewards that rows bring")
        Rewarded reward,

        @Option(says = "Factor of each reward.", label = "X,…", otherwise = "1 each")
        List<Double> rewardWeights,

        @Part JudgeSettings judge) {

    /// Name of the reward that is a judge's rating.
    public static final String JUDGE = "judge";

    /// @throws IllegalArgumentException if there is not one weight a reward, or a judge is described and none asked for
    public RewardSettings {
        rewardWeights = List.copyOf(rewardWeights);
        if (!rewardWeights.isEmpty() && rewardWeights.size() != reward.all().size()) {
            throw new IllegalArgumentException("reward-weights: %d, expected %d (one a reward)"
                    .formatted(rewardWeights.size(), reward.all().size()));
        }
        boolean isJudged = reward.all().stream().anyMatch(r -> r.equals(JUDGE) || r.startsWith(JUDGE + ":"));
        if (!isJudged && !judge.equals(JudgeSettings.defaults())) {
            throw new IllegalArgumentException("judge-name and others of a judge: given without one, expected"
                    + " judge:URL or judge:DIR among the rewards");
        }
    }

    /// The functions asked for.
    ///
    /// @param all each `NAME` or `NAME:ARG`
    public record Rewarded(List<String> all) {
        /// Copies the list.
        public Rewarded {
            all = List.copyOf(all);
        }

        /// Of `a:1,b`; a comma inside an argument is `\,`.
        public static Rewarded parse(String text) {
            if (text.isEmpty()) return new Rewarded(List.of());
            return new Rewarded(Stream.of(text.split("(?<!\\\\),", -1))
                    .map(part -> part.replace("\\,", ","))
                    .toList());
        }

        @Override
        public String toString() {
            return String.join(",", all.stream().map(r -> r.replace(",", "\\,")).toList());
        }
    }

    /// Those that rows bring.
    public static RewardSettings defaults() {
        return new RewardSettings(new Rewarded(List.of()), List.of(), JudgeSettings.defaults());
    }

    /// Whether rows bring the rewards.
    public boolean areGiven() {
        return reward.all().isEmpty();
    }

    /// Names in logs.
    public List<String> names() {
        if (areGiven()) return List.of(GroupLoss.GIVEN);
        List<String> names = new ArrayList<>();
        for (String asked : reward.all()) {
            String name = asked.replaceFirst(":(?s:.*)", "").replaceFirst(".*\\.", ""); // of a class its simple name
            int number = 1;
            for (String unique = name; ; unique = name + "_" + ++number) {
                if (names.contains(unique)) continue;
                names.add(unique);
                break;
            }
        }
        return names;
    }

    /// Factor of reward `i`.
    public double weight(int i) {
        return rewardWeights.isEmpty() ? 1 : rewardWeights.get(i);
    }
}
