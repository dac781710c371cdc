package dev.gradine.eval.metric;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// One step from what was written to what is graded: an entry of `filter` in a task's `filter_list`.
public sealed interface AnswerFilter {

    /// The answer after this step.
    String apply(String answer);

    /// A part of the answer: the match number `select` of a regular expression, from the end where it is
    /// negative.
    ///
    /// One group: what it holds. Several: the first that holds something. No match: `fallback`. White
    /// space around it goes.
    ///
    /// @param pattern what is looked for
    /// @param select which of the matches
    /// @param fallback in place of no match
    record Regex(Pattern pattern, int select, String fallback) implements AnswerFilter {

        /// Of a task's words.
        public static Regex of(String regex, int select, String fallback) {
            return new Regex(PythonRegex.compile(regex), select, fallback);
        }

        @Override
        public String apply(String answer) {
            List<String> found = new ArrayList<>();
            Matcher m = pattern.matcher(answer);
            while (m.find()) found.add(held(m));
            int at = select < 0 ? found.size() + select : select;
            return at < 0 || at >= found.size() ? fallback : found.get(at).strip();
        }

        private String held(Matcher m) {
            if (m.groupCount() == 0) return m.group();
            for (int g = 1; g <= m.groupCount(); g++) {
                String held = m.group(g);
                if (held != null && !held.isEmpty()) return held;
            }
            return m.groupCount() == 1 ? "" : fallback;
        }
    }

    /// Letters of one case.
    ///
    /// @param upper capitals
    record Case(boolean upper) implements AnswerFilter {
        @Override
        public String apply(String answer) {
            return upper ? answer.toUpperCase(Locale.ROOT) : answer.toLowerCase(Locale.ROOT);
        }
    }

    /// Without white space around it.
    record Strip() implements AnswerFilter {
        @Override
        public String apply(String answer) {
            return answer.strip();
        }
    }
}
