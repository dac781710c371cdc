package dev.gradine.eval.judge;

import dev.gradine.data.chat.Message;
import dev.gradine.eval.model.LanguageModel;
import dev.gradine.eval.model.Request;
import dev.gradine.eval.model.Response;
import dev.gradine.eval.model.Response.Likelihood;
import java.util.ArrayList;
import java.util.List;

/// A model of ours that compares how likely each verdict is, so that nothing is drawn and nothing is
/// malformed.
///
/// ```
/// label = argmax log p(label + "]]" | conversation, "My final verdict is [[")
/// ```
///
/// @param model the model
public record LocalJudge(LanguageModel model) implements AnswerJudge {

    @Override
    public JudgeVerdict verdict(JudgePrompt prompt) {
        List<Message> messages = new ArrayList<>(prompt.messages());
        messages.add(new Message("assistant", prompt.kind().beginning()));
        String context = model.chat(messages, false);
        List<Request> requests = prompt.kind().labels().stream()
                .map(label -> (Request) new Request.LogLikelihood(context, label + "]]"))
                .toList();
        List<Response> answers = model.answer(List.of(requests), _ -> {}).getFirst();
        int best = 0;
        for (int i = 1; i < answers.size(); i++) if (logProb(answers.get(i)) > logProb(answers.get(best))) best = i;
        return new JudgeVerdict(prompt.kind().labels().get(best), "");
    }

    private static double logProb(Response r) {
        if (r instanceof Likelihood l && Double.isFinite(l.logProb())) return l.logProb();
        throw new JudgeException("judge: its log-probabilities are no numbers, the model is broken", false);
    }
}
