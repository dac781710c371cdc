package dev.gradine.eval.metric;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// Metrics of a text that was written, beside one that is right.
public sealed interface AnswerMetric {

    /// Its name and how items are put together.
    MetricInfo info();

    /// 1 if the answer is right, 0 if not.
    double of(String answer, String target);

    /// Whether two texts are equal after both have lost what does not matter: `exact_match`.
    ///
    /// In this order: each expression of `ignored` goes, then case, then punctuation, then digits.
    ///
    /// @param ignored `regexes_to_ignore`
    /// @param ignoresCase `ignore_case`
    /// @param ignoresPunctuation `ignore_punctuation`: that of ASCII
    /// @param ignoresNumbers `ignore_numbers`: digits of ASCII
    record ExactMatch(List<Pattern> ignored, boolean ignoresCase, boolean ignoresPunctuation, boolean ignoresNumbers)
            implements AnswerMetric {

        private static final Pattern PUNCTUATION = Pattern.compile("\\p{Punct}");
        private static final Pattern DIGITS = Pattern.compile("[0-9]");

        /// Of a task's words.
        public static ExactMatch of(
                List<String> regexes, boolean ignoresCase, boolean ignoresPunctuation, boolean ignoresNumbers) {
            List<Pattern> patterns = regexes.stream().map(PythonRegex::compile).toList();
            return new ExactMatch(patterns, ignoresCase, ignoresPunctuation, ignoresNumbers);
        }

        @Override
        public MetricInfo info() {
            return new MetricInfo("exact_match", Aggregate.MEAN, true);
        }

        @Override
        public double of(String answer, String target) {
            return kept(answer).equals(kept(target)) ? 1 : 0;
        }

        private String kept(String text) {
            String kept = text;
            for (Pattern p : ignored) kept = p.matcher(kept).replaceAll("");
            if (ignoresCase) kept = kept.toLowerCase(Locale.ROOT);
            if (ignoresPunctuation) kept = PUNCTUATION.matcher(kept).replaceAll("");
            return ignoresNumbers ? DIGITS.matcher(kept).replaceAll("") : kept;
        }
    }

    /// Whether two numbers are equal, however they are written: `1,250.0` is `1250`. Ours;
    /// `numbers_equal`.
    record NumbersEqual() implements AnswerMetric {
        @Override
        public MetricInfo info() {
            return new MetricInfo("numbers_equal", Aggregate.MEAN, true);
        }

        @Override
        public double of(String answer, String target) {
            try {
                return number(answer).compareTo(number(target)) == 0 ? 1 : 0;
            } catch (NumberFormatException e) {
                return 0;
            }
        }

        private static BigDecimal number(String text) {
            return new BigDecimal(text.replaceAll("[,$\\s]|\\.$", ""));
        }
    }
}
