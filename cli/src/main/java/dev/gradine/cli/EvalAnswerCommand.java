package dev.gradine.cli;

import dev.gradine.data.chat.Message;
import dev.gradine.data.encode.TextCodec;
import dev.gradine.eval.judge.JudgedQuestion;
import dev.gradine.eval.model.BosRule;
import dev.gradine.eval.model.GenerationRule;
import dev.gradine.eval.model.LanguageModel;
import dev.gradine.eval.model.PolicyModel;
import dev.gradine.eval.model.Request;
import dev.gradine.eval.model.Response;
import dev.gradine.eval.model.TextModel;
import dev.gradine.io.AtomicFiles;
import dev.gradine.io.Json;
import dev.gradine.nn.Policy;
import dev.gradine.tensor.kernel.SamplingParams;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `gradine eval answer`: a model's answers to questions, to be judged.
@Command(
        name = "answer",
        mixinStandardHelpOptions = true,
        description =
                "Have a model answer questions, turn by turn, and write the answers as FastChat does; how freely it"
                        + " writes depends on MT-Bench's category.")
final class EvalAnswerCommand implements Runnable {

    /// MT-Bench's; any other category, and none, is answered by the likeliest tokens.
    private static final Map<String, Double> TEMPERATURES =
            Map.of("writing", 0.7, "roleplay", 0.7, "stem", 0.1, "humanities", 0.1);

    @Mixin
    private ModelArgs model = new ModelArgs();

    @Option(names = "--questions", required = true, paramLabel = "FILE", description = "As for `eval judge`.")
    private Path questions = Path.of("");

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "Answers, a row a question.")
    private Path out = Path.of("");

    @Option(
            names = "--max-tokens",
            defaultValue = "1024",
            paramLabel = "N",
            description = "Most tokens of an answer (default ${DEFAULT-VALUE}).")
    private int maxTokens;

    @Option(
            names = "--divergence",
            description = "Say by how many nats each answer is likelier with the adapter than without: of answers drawn"
                    + " at temperature 1 the mean estimates the KL divergence from the base.")
    private boolean divergence;

    @Option(names = "--limit", paramLabel = "N", description = "Answer the first N questions (default all).")
    private int limit;

    @Option(
            names = "--chat-template",
            paramLabel = "NAME|FILE",
            description = "Template for conversations in place of the model's own.")
    private String chatTemplate = "";

    @Option(names = "--seed", paramLabel = "N", description = "Of tokens that are drawn (default 1234).")
    private long seed = PolicyModel.Settings.defaults().seed();

    @Spec
    private CommandSpec spec = CommandSpec.create(); // picocli puts the real one in its place

    @Override
    public void run() {
        List<JudgedQuestion> all = JudgedQuestion.read(questions);
        List<JudgedQuestion> asked = limit > 0 ? all.subList(0, Math.min(limit, all.size())) : all;
        if (divergence && model.adapterFolders().isEmpty()) {
            throw new IllegalArgumentException("--divergence: there is no adapter, expected --adapter DIR");
        }
        StringBuilder lines = new StringBuilder();
        try (LoadedModel m = model.open()) {
            TextCodec codec = m.codecFor(chatTemplate);
            PolicyModel.Settings settings =
                    new PolicyModel.Settings(PolicyModel.Settings.defaults().batchTokens(), seed);
            LanguageModel texts = texts(model.policy(m), m, codec, settings);
            LanguageModel base = texts(Policy.of(m.model()), m, codec, settings);
            for (Talk talk : answered(texts, asked)) {
                Map<String, Object> row = new LinkedHashMap<>();
                row.put("question_id", talk.question().id());
                row.put("model_id", model.model().toString());
                row.put("choices", List.of(Map.of("index", 0, "turns", talk.answers())));
                if (divergence) row.put("divergence", logProb(texts, talk) - logProb(base, talk));
                lines.append(Json.line(row)).append('\n');
            }
        }
        AtomicFiles.writeText(out, lines.toString());
        PrintWriter print = spec.commandLine().getOut();
        print.println("%d answers in %s".formatted(asked.size(), out));
        print.flush();
    }

    private static LanguageModel texts(Policy policy, LoadedModel m, TextCodec codec, PolicyModel.Settings settings) {
        return new TextModel(new PolicyModel(policy, m.run(), m.ends(codec), settings), codec, BosRule.AUTO);
    }

    /// Log-probability of the answers to the turns of a question, each behind those before it.
    private static double logProb(LanguageModel texts, Talk talk) {
        double sum = 0;
        for (int t = 0; t < talk.answers().size(); t++) {
            String answer = talk.answers().get(t);
            if (answer.isBlank()) continue; // nothing to be likely
            String context = texts.chat(talk.messages().subList(0, 2 * t + 1), true);
            Request request = new Request.LogLikelihood(context, answer);
            Response response =
                    texts.answer(List.of(List.of(request)), _ -> {}).getFirst().getFirst();
            if (response instanceof Response.Likelihood l) sum += l.logProb();
        }
        return sum;
    }

    /// A question, what was said of it, and the answers among that.
    private record Talk(JudgedQuestion question, List<Message> messages, List<String> answers) {}

    /// The first turns of all questions together, then the second ones.
    private List<Talk> answered(LanguageModel texts, List<JudgedQuestion> asked) {
        List<Talk> all = asked.stream()
                .map(q -> new Talk(q, new ArrayList<>(), new ArrayList<>()))
                .toList();
        int turns = asked.stream().mapToInt(q -> q.turns().size()).max().orElse(0);
        for (int t = 0; t < turns; t++) {
            int turn = t;
            List<Talk> going = all.stream()
                    .filter(talk -> talk.question().turns().size() > turn)
                    .toList();
            List<List<Request>> requests = going.stream()
                    .map(talk -> List.of(request(texts, talk, turn)))
                    .toList();
            List<List<Response>> responses = texts.answer(requests, _ -> {});
            for (int i = 0; i < going.size(); i++) {
                String answer = responses.get(i).getFirst() instanceof Response.Written w ? w.text() : "";
                going.get(i).messages().add(new Message("assistant", answer));
                going.get(i).answers().add(answer);
            }
        }
        return all;
    }

    private Request request(LanguageModel texts, Talk talk, int turn) {
        talk.messages().add(new Message("user", talk.question().turns().get(turn)));
        double temperature = TEMPERATURES.getOrDefault(talk.question().category(), 0.0);
        var rule = new GenerationRule(List.of(), maxTokens, new SamplingParams(temperature, 0, 1));
        return new Request.Generate(texts.chat(talk.messages(), true), rule);
    }
}
