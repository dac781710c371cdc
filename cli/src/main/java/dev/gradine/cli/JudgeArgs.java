package dev.gradine.cli;

import dev.gradine.data.encode.TextCodec;
import dev.gradine.eval.judge.AnswerJudge;
import dev.gradine.eval.judge.Backoff;
import dev.gradine.eval.judge.ChatEndpoint;
import dev.gradine.eval.judge.JudgeCache;
import dev.gradine.eval.judge.LocalJudge;
import dev.gradine.eval.judge.RewardJudge;
import dev.gradine.eval.judge.UrlJudge;
import dev.gradine.eval.model.BosRule;
import dev.gradine.eval.model.PolicyModel;
import dev.gradine.eval.model.TextModel;
import dev.gradine.models.Models;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.train.reward.RewardModel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Who judges: a model behind a URL, or one of ours, or a reward model.
@HelpGroup.Heading("Model")
final class JudgeArgs {

    private static final String USUAL_KEY = "OPENAI_API_KEY";

    @Option(
            names = "--judge-url",
            paramLabel = "URL",
            description = "Judge behind a URL that speaks OpenAI's chat protocol, up to and with /v1.")
    private @Nullable String url;

    @Option(names = "--judge-name", paramLabel = "NAME", description = "The judge's name there.")
    private @Nullable String name;

    @Option(
            names = "--judge-key-env",
            paramLabel = "VARIABLE",
            description = "Environment variable that holds the key (default " + USUAL_KEY + ").")
    private @Nullable String keyVariable;

    @Option(
            names = "--judge-timeout",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "Longest wait for one answer (default ${DEFAULT-VALUE}).")
    private int timeout;

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

    @Option(
            names = "--judge-chat-template",
            paramLabel = "NAME|FILE",
            description = "Template for conversations with --judge-model in place of its own.")
    private @Nullable String template;

    /// Has the judge do something.
    ///
    /// @param folder where its answers are kept
    /// @throws IllegalArgumentException if there is no judge, or two
    <T> T with(Map<String, String> environment, Path folder, Function<AnswerJudge, T> work) {
        long given = Stream.of(url, model, reward).filter(Objects::nonNull).count();
        if (given != 1) {
            throw new IllegalArgumentException("--judge-url, --judge-model and --judge-reward: expected one of them");
        }
        if (template != null && model == null) {
            throw new IllegalArgumentException("--judge-chat-template belongs to --judge-model");
        }
        if (url != null) return withUrl(url, environment, folder, work);
        if (name != null || keyVariable != null) {
            throw new IllegalArgumentException("--judge-name and --judge-key-env belong to --judge-url");
        }
        if (reward != null) return withReward(reward, work);
        return withModel(model == null ? Path.of("") : model, template == null ? "" : template, work);
    }

    private <T> T withUrl(String at, Map<String, String> environment, Path folder, Function<AnswerJudge, T> work) {
        if (name == null)
            throw new IllegalArgumentException("--judge-name is missing, expected the judge's name there");
        String key = environment.getOrDefault(keyVariable == null ? USUAL_KEY : keyVariable, "");
        if (keyVariable != null && key.isEmpty()) {
            throw new IllegalArgumentException("--judge-key-env: " + keyVariable + " is not set");
        }
        ChatEndpoint.Access access = new ChatEndpoint.Access(at, name, key, Duration.ofSeconds(timeout));
        try (ChatEndpoint endpoint = new ChatEndpoint(access, Backoff.usual(new SplittableRandom()))) {
            return work.apply(new UrlJudge(endpoint, new JudgeCache(folder)));
        }
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
            TextCodec codec = template.isEmpty() ? m.codecFor(false) : m.open().codec(template);
            PolicyModel tokens =
                    new PolicyModel(Policy.of(m.model()), m.run(), m.ends(codec), PolicyModel.Settings.defaults());
            return work.apply(new LocalJudge(new TextModel(tokens, codec, BosRule.AUTO)));
        }
    }

    /// Who it is, for the results.
    String shown() {
        if (reward != null) return reward + ", a reward model: the higher score is better, whatever the order";
        return url == null ? String.valueOf(model) : name + " at " + url;
    }
}
