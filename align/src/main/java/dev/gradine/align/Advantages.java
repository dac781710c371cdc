package dev.gradine.align;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/// What each answer is better than the rest of its group, from the rewards of a step, group after group.
///
/// A reward that is NaN, for an answer nobody could judge, counts nowhere, and the answer has the advantage 0.
final class Advantages {

    private static final double EPS = 1e-4; // beside a spread, as in TRL

    private Advantages() {}

    /// What rewards are divided by, beside the small constant.
    enum Scale {
        /// The spread within the group.
        GROUP,
        /// The spread of all rewards of the step.
        BATCH,
        /// Nothing.
        NONE
    }

    /// ```
    /// A_i = (R_i − mean of the group) / (std + 10⁻⁴)       std over n − 1
    /// ```
    ///
    /// Shao et al. 2024 (arXiv:2402.03300), section 4.1.2; without the division Liu et al. 2025 (arXiv:2503.20783).
    static double[] standardised(double[] rewards, int group, Scale scale) {
        double[] a = new double[rewards.length];
        double batch = std(rewards);
        for (int from = 0; from < a.length; from += group) {
            double[] own = Arrays.copyOfRange(rewards, from, from + group);
            double mean = mean(own);
            double by = switch (scale) {
                case GROUP -> std(own) + EPS;
                case BATCH -> batch + EPS;
                case NONE -> 1;
            };
            for (int i = 0; i < group; i++) a[from + i] = orZero((own[i] - mean) / by);
        }
        return a;
    }

    /// ```
    /// A_i = R_i − mean of the others of the group
    /// ```
    ///
    /// Ahmadian et al. 2024 (arXiv:2402.14740), eq. 7.
    ///
    /// @param normalised whether these are then brought to mean 0 and spread 1 over the step
    static double[] leaveOneOut(double[] rewards, int group, boolean normalised) {
        double[] a = new double[rewards.length];
        for (int from = 0; from < a.length; from += group) {
            double[] own = Arrays.copyOfRange(rewards, from, from + group);
            double sum = known(own).sum();
            long others = known(own).count() - 1;
            for (int i = 0; i < group; i++) a[from + i] = own[i] - (sum - own[i]) / others; // 0 / 0 of one alone
        }
        if (normalised) {
            double mean = mean(a);
            double std = std(a);
            for (int i = 0; i < a.length; i++) a[i] = (a[i] - mean) / (std + EPS);
        }
        for (int i = 0; i < a.length; i++) a[i] = orZero(a[i]);
        return a;
    }

    /// The spread within each group.
    static double[] spreads(double[] rewards, int group) {
        double[] all = new double[rewards.length / group];
        for (int g = 0; g < all.length; g++) all[g] = std(Arrays.copyOfRange(rewards, g * group, (g + 1) * group));
        return all;
    }

    private static double orZero(double x) {
        return Double.isFinite(x) ? x : 0;
    }

    private static DoubleStream known(double[] x) {
        return Arrays.stream(x).filter(v -> !Double.isNaN(v));
    }

    /// Mean of what is known; NaN where nothing is.
    static double mean(double[] x) {
        return known(x).average().orElse(Double.NaN);
    }

    /// Spread of what is known, over n − 1; NaN for fewer than two.
    static double std(double[] x) {
        double mean = mean(x);
        return Math.sqrt(known(x).map(v -> (v - mean) * (v - mean)).sum() / (known(x).count() - 1));
    }
}
