package dev.gradine.eval.metric;

import java.util.Collection;
import java.util.Locale;
import java.util.Set;

/// Metrics of one question with several answers to choose from.
///
/// ```
/// acc               argmax ll                     is a right one; the first of equals counts
/// acc_norm          argmax ll / characters        without the delimiter
/// acc_bytes         argmax ll / UTF-8 bytes
/// acc_mutual_info   argmax ll(choice | context) − ll(choice | nothing)
/// exact_match       every token of a right choice is the likeliest
/// brier_score       Σ (softmax(ll) − onehot)²
/// probability_mass  Σ over right choices of exp(ll) / Σ exp(ll)          written as acc
/// ```
///
/// lm-evaluation-harness, `ConfigurableTask.process_results`; the last is what TruthfulQA's mc2 computes.
public enum ChoiceMetric {
    /// The likeliest choice.
    ACC,
    /// The likeliest per character.
    ACC_NORM,
    /// The likeliest per byte.
    ACC_BYTES,
    /// The one that the context makes likelier.
    ACC_MUTUAL_INFO,
    /// Whether it would be written.
    EXACT_MATCH,
    /// How far probabilities are from certainty.
    BRIER_SCORE,
    /// How much probability the right choices have.
    PROBABILITY_MASS;

    /// The metrics of lm-evaluation-harness's names.
    ///
    /// @throws IllegalArgumentException for another name
    public static ChoiceMetric named(String name) {
        for (ChoiceMetric m : values()) if (m != PROBABILITY_MASS && m.title().equals(name)) return m;
        throw new IllegalArgumentException(
                "metric %s is not computed here, expected one of acc, acc_norm, acc_bytes,".formatted(name)
                        + " acc_mutual_info, exact_match, brier_score");
    }

    private String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Its name and how items are put together.
    MetricInfo info() {
        return switch (this) {
            case PROBABILITY_MASS -> new MetricInfo("acc", Aggregate.MEAN, true);
            case BRIER_SCORE -> new MetricInfo(title(), Aggregate.PLAIN_MEAN, false);
            default -> new MetricInfo(title(), Aggregate.MEAN, true);
        };
    }

    /// The value for one item.
    double of(Choices c) {
        return switch (this) {
            case ACC -> c.isRight(argmax(c, Choices::logProb));
            case ACC_NORM -> c.isRight(argmax(c, (x, i) -> x.logProb(i) / x.characters(i)));
            case ACC_BYTES -> c.isRight(argmax(c, (x, i) -> x.logProb(i) / x.bytes(i)));
            case ACC_MUTUAL_INFO -> c.isRight(argmax(c, (x, i) -> x.logProb(i) - x.unconditional(i)));
            case EXACT_MATCH -> c.right().stream().anyMatch(c::isGreedy) ? 1 : 0;
            case BRIER_SCORE -> brier(c);
            case PROBABILITY_MASS -> mass(c, c.right());
        };
    }

    /// What a choice scores.
    private interface Score {
        double of(Choices c, int i);
    }

    private static int argmax(Choices c, Score score) {
        int best = 0;
        for (int i = 1; i < c.size(); i++) if (score.of(c, i) > score.of(c, best)) best = i;
        return best;
    }

    private static double mass(Choices c, Collection<Integer> of) {
        double most = c.logProb(argmax(c, Choices::logProb));
        double all = 0;
        double some = 0;
        for (int i = 0; i < c.size(); i++) {
            double p = Math.exp(c.logProb(i) - most);
            all += p;
            if (of.contains(i)) some += p;
        }
        return some / all;
    }

    private static double brier(Choices c) {
        double sum = 0;
        for (int i = 0; i < c.size(); i++) {
            double d = mass(c, Set.of(i)) - c.isRight(i);
            sum += d * d;
        }
        return sum;
    }
}
