package dev.gradine.train.reward;

/// 1 if an answer is what the row says, but for white space around it, else 0.
///
/// @param column of the row that holds the answer
public record Exact(String column) implements RewardFunction {

    /// @param argument the column; empty for `answer`
    static Exact of(String argument) {
        return new Exact(argument.isEmpty() ? "answer" : argument);
    }

    @Override
    public double of(Answered answer) {
        return answer.text().strip().equals(answer.column(column).strip()) ? 1 : 0;
    }
}
