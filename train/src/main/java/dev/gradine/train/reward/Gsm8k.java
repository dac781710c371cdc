package dev.gradine.train.reward;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// 1 if the last number of an answer is the one of the row, else 0.
///
/// The row's number is its last, too: GSM8K's solutions end with `####` and the result. Commas within numbers
/// and a dollar sign are skipped, and 7 is 7.0. Cobbe et al. 2021 (arXiv:2110.14168); numbers are found as the flexible
/// filter of lm-evaluation-harness finds them.
///
/// @param column of the row that holds the solution
public record Gsm8k(String column) implements RewardFunction {

    private static final Pattern NUMBER = Pattern.compile("-?[0-9][0-9,]*(?:\\.[0-9]+)?|-?\\.[0-9]+");

    /// @param argument the column; empty for `answer`
    static Gsm8k of(String argument) {
        return new Gsm8k(argument.isEmpty() ? "answer" : argument);
    }

    @Override
    public double of(Answered answer) {
        String solution = answer.column(column);
        BigDecimal right = last(solution)
                .orElseThrow(() -> new IllegalArgumentException(
                        "reward gsm8k: column %s of a row is \"%s\", expected a".formatted(column, solution)
                                + " number in it"));
        return last(answer.text()).filter(got -> got.compareTo(right) == 0).isPresent() ? 1 : 0;
    }

    private static Optional<BigDecimal> last(String text) {
        Matcher m = NUMBER.matcher(text);
        String found = "";
        while (m.find()) found = m.group();
        return found.isEmpty() ? Optional.empty() : Optional.of(new BigDecimal(found.replace(",", "")));
    }
}
