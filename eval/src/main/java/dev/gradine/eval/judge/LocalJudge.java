package dev.gradine.eval.judge;

import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.eval.model.BosRule;
import dev.gradine.eval.model.LanguageModel;
import dev.gradine.eval.model.PolicyModel;
import dev.gradine.eval.model.Request;
import dev.gradine.eval.model.Response;
import dev.gradine.eval.model.Response.Likelihood;
import dev.gradine.eval.model.TextModel;
import dev.gradine.models.OpenModel;
import dev.gradine.models.StopTokens;
import dev.gradine.nn.Policy;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// A model of ours that compares how likely each verdict is, so that nothing is drawn and nothing is
/// malformed.
///
/// ```
/// label  = argmax log p(label + "]]" | conversation, "My final verdict is [[")
/// rating = Σ_i i · p_i        i from 1 to 10, p_i ∝ p("i]]" | conversation, "Rating: [[")
/// ```
///
/// The rating is Liu et al. 2023 (arXiv:2303.16634, G-Eval), eq. 1: the likeliest of ten numbers is nearly always the
/// same one, and says nothing of which answer is better.
///
/// @param model the model
public record LocalJudge(LanguageModel model) implements AnswerJudge {

    /// A model, asked in conversations.
    ///
    /// @param codec its tokenizer and chat template
    public static LocalJudge of(OpenModel open, TextCodec codec) {
        PolicyModel tokens = new PolicyModel(
                Policy.of(open.model()), open.run(), StopTokens.of(open, codec), PolicyModel.Settings.defaults());
        return new LocalJudge(new TextModel(tokens, codec, BosRule.AUTO));
    }

    @Override
    public JudgeVerdict verdict(JudgePrompt prompt) {
        return verdicts(List.of(prompt)).getFirst();
    }

    /// In as few passes as they fit in.
    @Override
    public List<JudgeVerdict> verdicts(List<JudgePrompt> prompts) {
        List<List<Response>> answers =
                model.answer(prompts.stream().map(this::requests).toList(), _ -> {});
        return IntStream.range(0, prompts.size())
                .mapToObj(i -> new JudgeVerdict(label(prompts.get(i).kind(), answers.get(i)), ""))
                .toList();
    }

    /// One for each label.
    private List<Request> requests(JudgePrompt prompt) {
        List<Message> messages = new ArrayList<>(prompt.messages());
        messages.add(new Message("assistant", prompt.kind().beginning()));
        String context = model.chat(messages, false);
        return prompt.kind().labels().stream()
                .map(label -> (Request) new Request.LogLikelihood(context, label + "]]"))
                .toList();
    }

    private static String label(JudgePrompt.Kind kind, List<Response> answers) {
        double[] logProbs = answers.stream().mapToDouble(LocalJudge::logProb).toArray();
        int best = 0;
        for (int i = 1; i < logProbs.length; i++) if (logProbs[i] > logProbs[best]) best = i;
        return kind == JudgePrompt.Kind.PAIR ? kind.labels().get(best) : rating(logProbs, logProbs[best]);
    }

    private static String rating(double[] logProbs, double most) {
        double sum = 0;
        double weighed = 0;
        for (int i = 0; i < logProbs.length; i++) {
            double p = Math.exp(logProbs[i] - most);
            sum += p;
            weighed += (i + 1) * p;
        }
        return String.valueOf(weighed / sum);
    }

    private static double logProb(Response r) {
        if (r instanceof Likelihood l && Double.isFinite(l.logProb())) return l.logProb();
        throw new JudgeException("judge: its log-probabilities are no numbers, the model is broken", false);
    }
}
