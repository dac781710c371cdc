package dev.gradine.serve.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.autograd.Tape;
import dev.gradine.data.chat.Message;
import dev.gradine.io.Json;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Policy;
import dev.gradine.nn.TokenBatch;
import dev.gradine.nn.generate.ContinuousBatch.Room;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.serve.AdapterLimits;
import dev.gradine.serve.ServedModel;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Golden;
import dev.gradine.testkit.Tolerance;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A small model from its file to the answer: what is served is what the model gives without a server.
class ServedChatTest {

    private static final Path BASE = Golden.golden("trl/base");
    private static final int TOKENS = 12;
    private static final int END = 258;

    private final Kernels run = CpuKernels.open();
    private final OpenModel open = Models.open(BASE, run);
    private final ServedModel served = served();
    private final Server server = Server.start(
            served,
            new ServerOptions(ServerOptions.defaults().http().at(0), ApiOptions.defaults()),
            line -> assertThat(line).isNull());
    private final HttpClient client = HttpClient.newHttpClient();

    private ServedModel served() {
        var texts = new ServedModel.Texts(open.codec(), true, id -> id == END, 200);
        var base = new ServedModel.Base(open.model(), "base", BASE, texts);
        return new ServedModel(
                base,
                run,
                CpuKernels::open,
                new ServedModel.Limits(10, new Room(2000, 8, 300), AdapterLimits.NONE),
                _ -> {});
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        served.close();
        open.close();
        run.close();
    }

    /// The texts of `sampling` for the chat, by the base and by an adapter, without a server.
    private static List<String> alone(SamplingParams sampling) {
        try (Kernels k = CpuKernels.open();
                OpenModel open = Models.open(BASE, k)) {
            Adapters dpo = AdapterFolder.load(Golden.golden("trl/dpo/end"), open.model(), k)
                    .settled(k);
            int[] prompt = open.codec().encodeChat(List.of(new Message("user", "hi")), Map.of(), true);
            WritingRule rule = WritingRule.of(sampling, TOKENS, id -> id == END);
            return List.of(text(open, Adapters.NONE, k, prompt, rule), text(open, dpo, k, prompt, rule));
        }
    }

    private static String text(OpenModel open, Adapters adapters, Kernels k, int[] prompt, WritingRule rule) {
        int[] written = new Generations(new Policy(open.model(), adapters), k)
                .one(prompt, rule, new SplittableRandom(5), _ -> true);
        return open.codec().tokenizer().decode(written, true);
    }

    /// The first choice of an answer.
    private Map<?, ?> ask(String path, String body) throws IOException, InterruptedException {
        String answer = answer(path, body);
        Map<String, Object> json = Json.parseObject("answer", answer.getBytes(StandardCharsets.UTF_8));
        if (json.get("choices") instanceof List<?> all && all.getFirst() instanceof Map<?, ?> choice) return choice;
        throw new AssertionError(answer);
    }

    private String answer(String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build();
        return client.send(request, BodyHandlers.ofString()).body();
    }

    private String chat(String model, String more) throws IOException, InterruptedException {
        String body = "{\"model\":\"%s\",\"max_tokens\":%d,\"seed\":5,\"messages\":[{\"role\":\"user\","
                        .formatted(model, TOKENS)
                + "\"content\":\"hi\"}],%s}".formatted(more);
        Map<?, ?> message = (Map<?, ?>)
                Objects.requireNonNull(ask("/v1/chat/completions", body).get("message"));
        return String.valueOf(message.get("content"));
    }

    @Test
    void greedy_and_seeded_texts_are_those_without_a_server() throws Exception {
        List<String> greedy = alone(SamplingParams.GREEDY);
        List<String> drawn = alone(new SamplingParams(0.8, 0, 0.9));
        served.load("dpo", Golden.golden("trl/dpo/end"), false);
        for (int i = 0; i < 2; i++) {
            String name = i == 0 ? "base" : "dpo";
            assertThat(chat(name, "\"temperature\":0")).isEqualTo(greedy.get(i));
            assertThat(chat(name, "\"temperature\":0.8,\"top_p\":0.9")).isEqualTo(drawn.get(i));
        }
        assertThat(drawn).isNotEqualTo(greedy);
    }

    /// As lm-evaluation-harness asks: ids, echo, the likeliest token, one token more.
    @Test
    void a_prompt_is_scored_by_the_softmax_of_the_models_logits() throws Exception {
        int[] ids = {64, 65, 66, 220, 70, 3, 258, 11};
        String body =
                "{\"model\":\"base\",\"prompt\":[%s],\"echo\":true,\"logprobs\":1,\"max_tokens\":1,\"temperature\":0}"
                        .formatted(Arrays.toString(ids));
        Map<?, ?> logProbs =
                (Map<?, ?>) Objects.requireNonNull(ask("/v1/completions", body).get("logprobs"));
        List<?> got = (List<?>) Objects.requireNonNull(logProbs.get("token_logprobs"));
        List<?> best = (List<?>) Objects.requireNonNull(logProbs.get("top_logprobs"));
        assertThat(got).hasSize(ids.length + 1);
        assertThat(got.getFirst()).isNull();
        double[][] want = scores(ids);
        for (int i = 1; i < ids.length; i++) {
            double[] row = want[i - 1];
            Tolerance.logits().check("score", ((Number) Objects.requireNonNull(got.get(i))).doubleValue(), row[ids[i]]);
            double max = Arrays.stream(row).max().orElseThrow();
            double most = ((Map<?, ?>) Objects.requireNonNull(best.get(i)))
                    .values().stream()
                            .mapToDouble(v -> ((Number) v).doubleValue())
                            .max()
                            .orElseThrow();
            Tolerance.logits().check("best", most, max);
        }
    }

    /// log p of each token behind each of `ids`.
    private static double[][] scores(int[] ids) {
        try (Kernels k = CpuKernels.open();
                OpenModel open = Models.open(BASE, k)) {
            var logits = Policy.of(open.model()).logits(Tape.noGrad(k), TokenBatch.of(List.of(ids)));
            float[] z = k.download(logits.value());
            int v = z.length / ids.length;
            List<double[]> rows = new ArrayList<>();
            for (int i = 0; i < ids.length; i++) {
                double[] row = new double[v];
                double sum = 0;
                for (int t = 0; t < v; t++) sum += Math.exp(z[i * v + t]);
                for (int t = 0; t < v; t++) row[t] = z[i * v + t] - Math.log(sum);
                rows.add(row);
            }
            return rows.toArray(double[][]::new);
        }
    }

    @Test
    void usage_counts_tokens_that_were_read_for_an_earlier_request() throws Exception {
        String prompt =
                IntStream.range(0, 150).mapToObj(i -> String.valueOf(5 + i)).collect(Collectors.joining(","));
        String body = "{\"model\":\"base\",\"max_tokens\":1,\"prompt\":[%s]}".formatted(prompt);
        assertThat(answer("/v1/completions", body)).contains("\"prompt_tokens\":150", "\"cached_tokens\":0");
        assertThat(answer("/v1/completions", body)).contains("\"prompt_tokens\":150", "\"cached_tokens\":96");
    }
}
