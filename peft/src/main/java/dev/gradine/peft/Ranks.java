package dev.gradine.peft;

import dev.gradine.settings.Option;
import dev.gradine.settings.Usual;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/// Rank and scale of adapters whose update has the scale alpha / rank, and where they differ.
///
/// @param rank inner width R of every adapter that no pattern names
/// @param alpha numerator of the scale
/// @param rankPattern ranks of layers whose path ends with a key; the first key that matches counts
/// @param alphaPattern alphas, likewise
public record Ranks(
        @Option(says = "Inner width of the low-rank path.", label = "R", peft = "r", least = 1)
        @Usual(
                from = 1,
                to = 128,
                why = "a product of two low-rank matrices has a higher rank than a LoRA's of this size",
                source = "PEFT: r 8")
        int rank,

        @Option(says = "Numerator of the scale alpha / rank.", peft = "alpha")
        @Usual(from = 1, to = 512, why = "as the rank, so the scale is 1", source = "PEFT: alpha 8")
        double alpha,

        @Option(says = "Other ranks for paths that end with a pattern.", label = "REGEX=R", peft = "rank_pattern")
        SequencedMap<String, Integer> rankPattern,

        @Option(says = "Other alphas for paths that end with a pattern.", label = "REGEX=X", peft = "alpha_pattern")
        SequencedMap<String, Double> alphaPattern) {

    /// @throws AdapterException if a pattern's rank is below 1, or its alpha no finite number
    public Ranks {
        requirePatterns(rankPattern, alphaPattern);
    }

    static void requirePatterns(SequencedMap<String, Integer> ranks, SequencedMap<String, Double> alphas) {
        ranks.forEach((path, r) -> require(r >= 1, "rank-pattern", path, r, "at least 1"));
        alphas.forEach((path, x) -> require(Double.isFinite(x), "alpha-pattern", path, x, "a finite number"));
    }

    private static void require(boolean fine, String option, String path, Number value, String expected) {
        if (!fine) throw new AdapterException("%s %s: %s, expected %s".formatted(option, path, value, expected));
    }

    /// One rank and scale.
    public static Ranks of(int rank, double alpha) {
        return new Ranks(rank, alpha, new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    /// Rank of the adapter at `path`.
    public int rank(String path) {
        return first(rankPattern, path, rank);
    }

    /// Scale of the adapter at `path`.
    public float scale(String path) {
        return (float) (first(alphaPattern, path, alpha) / rank(path));
    }

    /// The value of the first pattern that the end of `path` matches.
    static <T> T first(SequencedMap<String, T> patterns, String path, T otherwise) {
        for (var e : patterns.entrySet()) {
            PythonRegex pattern = PythonRegex.of("pattern", "(.*\\.)?(", e.getKey(), ")$");
            if (pattern.matchesStart(path)) return e.getValue();
        }
        return otherwise;
    }
}
