package dev.gradine.eval.judge;

/// Whoever says which answer is better.
public interface AnswerJudge {

    /// Its verdict.
    ///
    /// @throws JudgeException if it cannot be asked
    JudgeVerdict verdict(JudgePrompt prompt);
}
