package dev.gradine.eval.judge;

import dev.gradine.align.TextScores;
import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.data.encode.RewardEncoder;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.eval.judge.JudgePrompt.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A reward model, which reads each conversation by itself: the higher score is the better answer, and equal scores are
/// a tie.
///
/// ```
/// label = A if r(x, y_A) > r(x, y_B), B if it is less, C if both are equal
/// ```
///
/// It cannot be swayed by order, and a conversation is scored once however often it is judged. It sees no reference
/// answer, and rates nothing: its scores have no scale.
public final class RewardJudge implements AnswerJudge {

    private final TextScores scores;
    private final TextCodec codec;
    private final Map<List<Message>, Double> known = new HashMap<>();

    /// @param scores of the model
    /// @param codec its tokenizer and template
    public RewardJudge(TextScores scores, TextCodec codec) {
        this.scores = scores;
        this.codec = codec;
    }

    /// @throws IllegalArgumentException if it is asked for a rating
    @Override
    public JudgeVerdict verdict(JudgePrompt prompt) {
        if (prompt.kind() != Kind.PAIR) {
            throw new IllegalArgumentException(
                    "a reward model gives no ratings, expected --baseline (answers to compare with)");
        }
        double a = score(prompt.talks().get(0));
        double b = score(prompt.talks().get(1));
        return new JudgeVerdict(a > b ? "A" : a < b ? "B" : "C", "");
    }

    private double score(List<Message> talk) {
        return known.computeIfAbsent(talk, t -> {
            LabelledTokens text = RewardEncoder.last(codec.encodeChat(t, Map.of(), false));
            double score = scores.of(List.of(List.of(text))).getFirst()[0];
            if (Double.isFinite(score)) return score;
            throw new JudgeException("judge: its score is no number, the model is broken", false);
        });
    }
}
