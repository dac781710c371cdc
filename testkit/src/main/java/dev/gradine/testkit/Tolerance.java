package dev.gradine.testkit;

import org.assertj.core.api.Assertions;

/// How far a float result may lie from the exact one: the one table of tolerances, each a formula with its reason.
///
/// ```
/// |got − expected| ≤ absolute + relative · |expected|          ε = 2⁻²⁴, half a unit in the last place of 1
/// ```
///
/// Both zeros are equal; an infinity equals an expected value that overflows float.
///
/// @param absolute in units of the result
/// @param relative as a fraction of the expected value
/// @param reason where the two come from, for the message
public record Tolerance(double absolute, double relative, String reason) {

    /// Unit roundoff of float: the largest relative error of one rounding.
    public static final double EPSILON = 0x1p-24;

    private static final double TINY = Float.MIN_NORMAL; // below it the relative error of a float is unbounded

    /// No rounding at all: copies, fills, gathers.
    public static Tolerance exact() {
        return new Tolerance(0, 0, "exact");
    }

    /// One formula per element, of which every step rounds once: `ulps` units in the last place, 2ε each.
    public static Tolerance elementwise(double ulps) {
        return new Tolerance(TINY, ulps * 2 * EPSILON, ulps + " ulp");
    }

    /// As `elementwise`, for formulas that cancel: errors are relative to the largest term `scale`.
    public static Tolerance elementwise(double ulps, double scale) {
        return new Tolerance(TINY + ulps * 2 * EPSILON * scale, 0, ulps + " ulp of a term of " + scale);
    }

    /// A sum of `n` terms of magnitude `scale`: rounding errors of random sign grow as √n; 8 covers the worst of
    /// thousands of such sums.
    public static Tolerance sum(int n, double scale) {
        return new Tolerance(
                TINY + 8 * EPSILON * Math.sqrt(n) * scale, 4 * EPSILON, "8 ε √%d · %s".formatted(n, scale));
    }

    /// A dot product of length `n` of vectors of magnitude `a` and `b`.
    public static Tolerance dot(int n, double a, double b) {
        return sum(n, a * b);
    }

    /// A gradient against central differences of step h = 1e-3: the differences err by h²/6 of the third derivative,
    /// taken as `scale`, and the kernel by `ulps`.
    public static Tolerance slope(double scale, double ulps) {
        return new Tolerance(
                TINY + scale * (FiniteDifference.STEP * FiniteDifference.STEP + ulps * 2 * EPSILON),
                0,
                "h² and " + ulps + " ulp of " + scale);
    }

    /// Logits of a whole model against another fp32 implementation of it.
    public static Tolerance logits() {
        return new Tolerance(2e-5, 0, "two correct fp32 models");
    }

    /// A loss against another fp32 implementation.
    public static Tolerance loss() {
        return new Tolerance(1e-5, 0, "two correct fp32 losses");
    }

    /// A gradient against another fp32 implementation, relative to its largest entry.
    public static Tolerance gradient(double largest) {
        return new Tolerance(1e-4 * largest, 0, "two correct fp32 gradients");
    }

    /// Parameters after a few optimiser steps against another fp32 implementation.
    public static Tolerance trained() {
        return new Tolerance(2e-4, 0, "two correct fp32 optimisers");
    }

    /// The tolerance `factor` times as wide, for results of several such steps.
    public Tolerance times(double factor) {
        return new Tolerance(absolute * factor, relative * factor, factor + " × (" + reason + ")");
    }

    /// How far from `expected` is allowed.
    public double allowed(double expected) {
        return absolute + relative * Math.abs(expected);
    }

    /// Fails at the first value out of tolerance, naming its index, got, expected and allowed. NaN equals only NaN.
    public void check(String what, float[] got, double[] expected) {
        if (got.length != expected.length) {
            Assertions.fail("%s: %d values, expected %d", what, got.length, expected.length);
        }
        for (int i = 0; i < got.length; i++) {
            if (!within(got[i], expected[i])) {
                Assertions.fail(
                        "%s[%d]: got %s, expected %s, off by %s, allowed %s (%s)",
                        what, i, got[i], expected[i], got[i] - expected[i], allowed(expected[i]), reason);
            }
        }
    }

    /// As above, for one number.
    public void check(String what, double got, double expected) {
        if (!within(got, expected)) {
            Assertions.fail(
                    "%s: got %s, expected %s, off by %s, allowed %s (%s)",
                    what, got, expected, got - expected, allowed(expected), reason);
        }
    }

    private boolean within(double got, double expected) {
        if (Double.isNaN(got) || Double.isNaN(expected)) return Double.isNaN(got) && Double.isNaN(expected);
        if (got == expected || (Double.isInfinite(got) && (float) expected == got)) return true;
        return Math.abs(got - expected) <= allowed(expected);
    }
}
