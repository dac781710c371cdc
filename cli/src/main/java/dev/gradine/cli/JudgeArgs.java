package dev.gradine.cli;

import dev.gradine.align.JudgeSettings;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.eval.judge.AnswerJudge;
import dev.gradine.eval.judge.Backoff;
import dev.gradine.eval.judge.ChatEndpoint;
import dev.gradine.eval.judge.JudgeCache;
import dev.gradine.eval.judge.JudgeTemplates;
import dev.gradine.eval.judge.LocalJudge;
import dev.gradine.eval.judge.RewardJudge;
import dev.gradine.eval.judge.UrlJudge;
import dev.gradine.models.Models;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.train.reward.RewardModel;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Who judges: a model behind a URL, or one of ours, or a reward model.
@HelpGroup.Heading("Model")
final class JudgeArgs {

    private final RecordOptions<JudgeSettings> settings = new RecordOptions<>("Model", JudgeSettings.defaults());

    @Option(
            names = "--judge-url",
            paramLabel = "URL",
            description = "Judge behind a URL that speaks OpenAI's chat protocol, up to and with /v1.")
    private @Nullable String url;

    @Option(
            names = "--judge-model",
            paramLabel = "DIR|FILE",
            description = "Judge on this machine: it says which verdict is likelier, without a word in between.")
    private @Nullable Path model;

    @Option(
            names = "--judge-reward",
            paramLabel = "DIR",
            description = "Reward model as judge: an adapter that `reward` trained, or a checkpoint with score.weight;"
                    + " the higher score is better, and equal ones tie.")
    private @Nullable Path reward;

    @Spec(Spec.Target.MIXEE)
    @SuppressWarnings("UnusedMethod") // picocli calls it
    private void addOptions(CommandSpec command) {
        settings.addTo(command);
    }

    /// Has the judge do something.
    ///
    /// @param folder where its answers are kept
    /// @param work takes the judge, and what it is asked with
    /// @throws IllegalArgumentException if there is no judge, or two, or a setting is not for it
    <T> T with(Map<String, String> environment, Path folder, BiFunction<AnswerJudge, JudgeTemplates, T> work) {
        long given = Stream.of(url, model, reward).filter(Objects::nonNull).count();
        if (given != 1) {
            throw new IllegalArgumentException("--judge-url, --judge-model and --judge-reward: expected one of them");
        }
        JudgeSettings asked = settings.read();
        asked.requireFit(url != null);
        Path prompts = asked.judgePrompts();
        JudgeTemplates templates = prompts == null ? JudgeTemplates.own() : JudgeTemplates.read(prompts);
        Function<AnswerJudge, T> judged = judge -> work.apply(judge, templates);
        if (url != null) {
            var access = ChatEndpoint.Access.of(url, asked, environment);
            try (ChatEndpoint endpoint = new ChatEndpoint(access, Backoff.usual(new SplittableRandom()))) {
                return judged.apply(new UrlJudge(endpoint, new JudgeCache(folder)));
            }
        }
        String template = asked.judgeChatTemplate();
        if (model != null) return withModel(model, template == null ? "" : template, judged);
        if (template != null) {
            throw new IllegalArgumentException("--judge-chat-template: expected none (because a reward model judges)");
        }
        return withReward(reward == null ? Path.of("") : reward, judged);
    }

    private static <T> T withReward(Path at, Function<AnswerJudge, T> work) {
        try (Kernels run = CpuKernels.open();
                RewardModel m = RewardModel.open(at, base -> Models.open(base, run), JudgeArgs::tell)) {
            return work.apply(new RewardJudge(m.scores(), m.codec()));
        }
    }

    private static void tell(String line) {
        System.err.println(line);
    }

    private static <T> T withModel(Path at, String template, Function<AnswerJudge, T> work) {
        try (LoadedModel m = new LoadedModel(at)) {
            TextCodec codec = m.codecFor(template);
            return work.apply(LocalJudge.of(m.open(), codec));
        }
    }

    /// Who it is, for the results.
    String shown() {
        if (reward != null) return reward + ", a reward model: the higher score is better, whatever the order";
        return url == null ? String.valueOf(model) : settings.read().judgeName() + " at " + url;
    }
}
