package dev.gradine.train.reward;

import dev.gradine.align.JudgeSettings;
import dev.gradine.data.encode.Question;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.eval.judge.AnswerJudge;
import dev.gradine.eval.judge.Backoff;
import dev.gradine.eval.judge.ChatEndpoint;
import dev.gradine.eval.judge.JudgeCache;
import dev.gradine.eval.judge.JudgePrompt;
import dev.gradine.eval.judge.JudgeTemplates;
import dev.gradine.eval.judge.JudgeVerdict;
import dev.gradine.eval.judge.JudgedQuestion;
import dev.gradine.eval.judge.LocalJudge;
import dev.gradine.eval.judge.UrlJudge;
import dev.gradine.models.OpenModel;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/// How good a judge finds each answer by itself, as MT-Bench grades single answers.
///
/// ```
/// R = (rating − 1) / 9        rating from 1 to 10
/// ```
///
/// Zheng et al. 2023 (arXiv:2306.05685), section 3.1. An answer that is not rated, after all attempts, is worth what
/// the others to its prompt are worth on average: it is neither learnt nor unlearnt for what the judge did not say.
/// Where none of them is rated, nothing is known. What a judge behind a URL has said is kept, so a run that resumes
/// has the same rewards.
public final class JudgeReward implements RewardFunction {

    private static final int SHOWN = 120; // characters of what was said in the place of a rating

    private final AnswerJudge judge;
    private final JudgeTemplates templates;
    private final Runnable closing;
    private final Consumer<String> tell;

    /// @param closing gives back what the judge holds
    /// @param tell is told of answers that are not rated
    JudgeReward(AnswerJudge judge, JudgeTemplates templates, Runnable closing, Consumer<String> tell) {
        this.judge = judge;
        this.templates = templates;
        this.closing = closing;
        this.tell = tell;
    }

    /// The judge of a URL, or of a folder.
    ///
    /// @param where `http://…`, `https://…`, or the folder or file of a model
    /// @param beside the model whose device a judge on this machine shares
    /// @param folder where is kept what is said at a URL
    /// @throws IllegalArgumentException if there is no such judge, or a setting is not for it
    public static JudgeReward open(
            String where, JudgeSettings settings, OpenModel beside, Path folder, Consumer<String> tell) {
        if (where.isEmpty()) {
            throw new IllegalArgumentException("--reward judge: no argument, expected a URL or the folder of a model");
        }
        JudgeTemplates templates =
                settings.judgePrompts() == null ? JudgeTemplates.own() : JudgeTemplates.read(settings.judgePrompts());
        if (where.matches("https?://.*")) {
            var access = ChatEndpoint.Access.of(where, settings, System.getenv());
            var endpoint = new ChatEndpoint(access, Backoff.usual(new SplittableRandom()));
            var judge = new UrlJudge(endpoint, new JudgeCache(folder));
            return new JudgeReward(judge, templates, endpoint::close, tell);
        }
        settings.requireFit(false);
        OpenModel model = beside.beside(Path.of(where));
        try {
            String template = settings.judgeChatTemplate();
            TextCodec codec = model.codec(template == null ? "" : template);
            codec.tokenizer().notes().forEach(tell);
            return new JudgeReward(LocalJudge.of(model, codec), templates, model::close, tell);
        } catch (RuntimeException e) {
            model.close();
            throw e;
        }
    }

    @Override
    public double of(Answered answer) {
        return all(List.of(answer))[0];
    }

    @Override
    public double[] all(List<Answered> answers) {
        List<JudgePrompt> prompts = answers.stream().map(this::prompt).toList();
        List<JudgePrompt> distinct = List.copyOf(new LinkedHashSet<>(prompts));
        List<JudgeVerdict> verdicts = judge.verdicts(distinct);
        List<JudgeVerdict> said =
                prompts.stream().map(p -> verdicts.get(distinct.indexOf(p))).toList();
        double[] rewards = said.stream().mapToDouble(JudgeReward::worth).toArray();
        tellOfUnrated(said);
        fillWithMeans(rewards, answers);
        return rewards;
    }

    private JudgePrompt prompt(Answered answer) {
        Dialogue talk = Dialogue.of(answer.question().asked(), answer.text());
        int turns = talk.asked().size();
        return templates.single(new JudgedQuestion("", "", talk.asked()), turns, talk.said(), List.of());
    }

    /// NaN if there is no rating, or one that was not asked for: what is far off would outweigh all others.
    private static double worth(JudgeVerdict verdict) {
        if (verdict.label().isEmpty()) return Double.NaN;
        double rating = Double.parseDouble(verdict.label());
        return rating >= 1 && rating <= 10 ? (rating - 1) / 9 : Double.NaN;
    }

    private void tellOfUnrated(List<JudgeVerdict> all) {
        List<JudgeVerdict> unrated =
                all.stream().filter(v -> Double.isNaN(worth(v))).toList();
        if (unrated.isEmpty()) return;
        String said = unrated.getFirst().said().replaceAll("\\s+", " ").strip();
        tell.accept("reward judge: %d of %d answers are not rated, and are worth the mean of their group: %s"
                .formatted(unrated.size(), all.size(), said.isEmpty() ? "it refuses" : shortened(said)));
    }

    private static String shortened(String said) {
        return said.length() > SHOWN ? said.substring(0, SHOWN) + " …" : said;
    }

    /// Puts the mean of a group where a rating is missing. Answers to one prompt follow each other.
    private static void fillWithMeans(double[] rewards, List<Answered> answers) {
        for (int from = 0, to; from < rewards.length; from = to) {
            Question question = answers.get(from).question();
            for (to = from; to < rewards.length && answers.get(to).question() == question; ) to++;
            double mean = Arrays.stream(rewards, from, to)
                    .filter(r -> !Double.isNaN(r))
                    .average()
                    .orElse(Double.NaN);
            for (int i = from; i < to; i++) if (Double.isNaN(rewards[i])) rewards[i] = mean;
        }
    }

    @Override
    public void close() {
        closing.run();
    }
}
