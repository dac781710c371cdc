package dev.gradine.train;

import dev.gradine.data.encode.Attempt;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/// What is logged of the answers of a step, in TRL's names. A reward that is NaN, for an answer nobody could judge,
/// counts nowhere.
final class RolloutFacts {

    private static final double ZERO = 1e-8; // a spread that small is none

    private RolloutFacts() {}

    /// Mean and spread of a reward, as `NAME/mean` and `NAME/std`.
    static SequencedMap<String, Double> ofReward(String name, double[] values) {
        SequencedMap<String, Double> all = new LinkedHashMap<>();
        all.put("rewards/" + name + "/mean", mean(values));
        all.put("rewards/" + name + "/std", std(values));
        return all;
    }

    /// Of the rewards answers are compared by.
    ///
    /// @param rewards weighted sums
    /// @param spreads of the groups
    static SequencedMap<String, Double> ofRewards(double[] rewards, double[] spreads) {
        SequencedMap<String, Double> all = new LinkedHashMap<>();
        all.put("reward", mean(rewards));
        all.put("reward_std", std(rewards));
        all.put(
                "frac_reward_zero_std",
                Arrays.stream(spreads).map(s -> s <= ZERO ? 1 : 0).average().orElse(0));
        return all;
    }

    /// Of the lengths.
    static SequencedMap<String, Double> ofLengths(List<Attempt> attempts) {
        SequencedMap<String, Double> all = new LinkedHashMap<>();
        put(all, "length", lengths(attempts, _ -> true));
        put(all, "terminated_length", lengths(attempts, Attempt::ended));
        double cut = attempts.stream().filter(a -> !a.ended()).count();
        all.put("completions/clipped_ratio", cut / attempts.size());
        return all;
    }

    private static IntStream lengths(List<Attempt> attempts, Predicate<Attempt> which) {
        return attempts.stream().filter(which).mapToInt(Attempt::length);
    }

    private static void put(SequencedMap<String, Double> all, String what, IntStream lengths) {
        var s = lengths.summaryStatistics();
        all.put("completions/mean_" + what, s.getAverage());
        all.put("completions/min_" + what, s.getCount() == 0 ? 0.0 : s.getMin());
        all.put("completions/max_" + what, s.getCount() == 0 ? 0.0 : s.getMax());
    }

    private static DoubleStream known(double[] x) {
        return Arrays.stream(x).filter(v -> !Double.isNaN(v));
    }

    private static double mean(double[] x) {
        return known(x).average().orElse(0);
    }

    /// Over n − 1; 0 for fewer than two.
    private static double std(double[] x) {
        long n = known(x).count();
        if (n < 2) return 0;
        double mean = mean(x);
        return Math.sqrt(known(x).map(v -> (v - mean) * (v - mean)).sum() / (n - 1));
    }
}
