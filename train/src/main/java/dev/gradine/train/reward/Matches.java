package dev.gradine.train.reward;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// 1 if an answer matches a regular expression, else 0.
///
/// @param pattern a dot of it stands for the end of a line, too
/// @param whole whether it must match the whole answer, or is looked for anywhere
public record Matches(Pattern pattern, boolean whole) implements RewardFunction {

    /// Thoughts in marks, once, then the answer: TRL's `think_format_reward`.
    private static final String THINK = "<think>(?!.*<think>)(.*?)</think>.*";

    /// Looked for anywhere.
    static Matches anywhere(String argument) {
        return new Matches(compiled("regex", argument), false);
    }

    /// Of the whole answer.
    ///
    /// @param argument empty for thoughts between `<think>` and `</think>` before the answer
    static Matches format(String argument) {
        return new Matches(compiled("format", argument.isEmpty() ? THINK : argument), true);
    }

    private static Pattern compiled(String name, String regex) {
        if (regex.isEmpty()) {
            throw new IllegalArgumentException("reward %s: no argument, expected a regular expression".formatted(name));
        }
        try {
            return Pattern.compile(regex, Pattern.DOTALL);
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "reward %s: \"%s\", expected a regular expression: %s".formatted(name, regex, e.getDescription()));
        }
    }

    @Override
    public double of(Answered answer) {
        var m = pattern.matcher(answer.text());
        return (whole ? m.matches() : m.find()) ? 1 : 0;
    }
}
