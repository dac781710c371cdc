package dev.gradine.eval.judge;

/// Whoever says which answer is better.
public interface AnswerJudge {

    /// Its verdict: a label of the prompt's kind, or an empty text where it says none.
    ///
    /// @throws JudgeException if it cannot be asked
    String label(JudgePrompt prompt);
}
