package dev.gradine.train.reward;

/// A penalty for answers that come near the longest allowed.
///
/// ```
/// R = 0                       n ≤ N − C
///     ((N − C) − n) / C       N − C < n ≤ N
///     −1                      N < n
/// ```
///
/// Yu et al. 2025 (arXiv:2503.14476), eq. 13.
///
/// @param longest N, tokens
/// @param margin C, tokens
public record Overlong(int longest, int margin) implements RewardFunction {

    /// @param argument `N/C`
    /// @throws IllegalArgumentException if it is not
    static Overlong of(String argument) {
        boolean fits = argument.matches("[1-9][0-9]{0,8}/[1-9][0-9]{0,8}");
        String[] parts = argument.split("/", -1);
        if (!fits || Integer.parseInt(parts[1]) > Integer.parseInt(parts[0])) {
            throw new IllegalArgumentException(
                    "reward overlong: \"%s\", expected LONGEST/MARGIN in tokens".formatted(argument));
        }
        return new Overlong(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    }

    @Override
    public double of(Answered answer) {
        int free = longest - margin;
        if (answer.tokens() <= free) return 0;
        return answer.tokens() > longest ? -1 : (free - answer.tokens()) / (double) margin;
    }
}
