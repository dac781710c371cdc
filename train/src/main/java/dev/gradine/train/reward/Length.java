package dev.gradine.train.reward;

/// How near an answer is to a length.
///
/// ```
/// R = 1 − min(1, |n − N| / N)
/// ```
///
/// @param tokens N, at least 1
public record Length(int tokens) implements RewardFunction {

    /// @throws IllegalArgumentException if the argument is no such number
    static Length of(String argument) {
        boolean fits = argument.matches("[1-9][0-9]{0,8}");
        if (!fits) {
            throw new IllegalArgumentException(
                    "reward length: \"%s\", expected a number of tokens".formatted(argument));
        }
        return new Length(Integer.parseInt(argument));
    }

    @Override
    public double of(Answered answer) {
        return 1 - Math.min(1, Math.abs(answer.tokens() - tokens) / (double) tokens);
    }
}
