package dev.gradine.eval.judge;

import java.util.List;

/// Whoever says which answer is better, or how good one is.
public interface AnswerJudge {

    /// Its verdict.
    ///
    /// @throws JudgeException if it cannot be asked
    JudgeVerdict verdict(JudgePrompt prompt);

    /// Its verdicts of several, in their order, for judges that are faster together. One that is not to be had now has
    /// no label and says why.
    ///
    /// @throws JudgeException if none is to be had later either
    default List<JudgeVerdict> verdicts(List<JudgePrompt> prompts) {
        return prompts.stream().map(this::verdictOrWhy).toList();
    }

    /// Its verdict, or one without label that says why there is none now.
    ///
    /// @throws JudgeException if there will be none later either
    default JudgeVerdict verdictOrWhy(JudgePrompt prompt) {
        try {
            return verdict(prompt);
        } catch (JudgeException e) {
            if (e.isPassing()) return new JudgeVerdict("", String.valueOf(e.getMessage()));
            throw e;
        }
    }
}
