package dev.gradine.serve.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.data.chat.Message;
import dev.gradine.io.Json;
import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.Policy;
import dev.gradine.nn.generate.ContinuousBatch.Room;
import dev.gradine.nn.generate.Generations;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.peft.AdapterFolder;
import dev.gradine.serve.ServedModel;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.tensor.kernel.SamplingParams;
import dev.gradine.testkit.Golden;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// A small model from its file to the answer: what is served is what `Generations` gives without a server.
class ServedChatTest {

    private static final Path BASE = Golden.golden("trl/base");
    private static final int TOKENS = 12;

    /// The texts of `sampling` for the chat, by the base and by an adapter, without a server.
    private static List<String> alone(SamplingParams sampling) {
        try (Kernels k = CpuKernels.open();
                OpenModel open = Models.open(BASE, k)) {
            Adapters dpo = AdapterFolder.load(Golden.golden("trl/dpo/end"), open.model(), k)
                    .settled(k);
            int[] prompt = open.codec().encodeChat(List.of(new Message("user", "hi")), Map.of(), true);
            WritingRule rule = WritingRule.of(sampling, TOKENS, id -> id == 258);
            return List.of(text(open, Adapters.NONE, k, prompt, rule), text(open, dpo, k, prompt, rule));
        }
    }

    private static String text(OpenModel open, Adapters adapters, Kernels k, int[] prompt, WritingRule rule) {
        int[] written = new Generations(new Policy(open.model(), adapters), k)
                .one(prompt, rule, new SplittableRandom(5), _ -> true);
        return open.codec().tokenizer().decode(written, true);
    }

    private static String ask(int port, String model, String more) throws Exception {
        String body = "{\"model\":\"" + model + "\",\"max_tokens\":" + TOKENS + ",\"seed\":5,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]," + more + "}";
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/chat/completions"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            String answer = client.send(request, BodyHandlers.ofString()).body();
            Map<String, Object> json = Json.parseObject("answer", answer.getBytes(StandardCharsets.UTF_8));
            if (json.get("choices") instanceof List<?> choices
                    && choices.getFirst() instanceof Map<?, ?> choice
                    && choice.get("message") instanceof Map<?, ?> message) {
                return String.valueOf(message.get("content"));
            }
            throw new AssertionError(answer);
        }
    }

    @Test
    void greedy_and_seeded_texts_are_those_without_a_server() throws Exception {
        List<String> greedy = alone(SamplingParams.GREEDY);
        List<String> drawn = alone(new SamplingParams(0.8, 0, 0.9));
        try (Kernels k = CpuKernels.open();
                OpenModel open = Models.open(BASE, k)) {
            var texts = new ServedModel.Texts(open.codec(), true, id -> id == 258, 200);
            var base = new ServedModel.Base(open.model(), "base", BASE, texts);
            var options = new ServerOptions(ServerOptions.defaults().http().at(0), ApiOptions.defaults());
            try (var served = new ServedModel(base, k, CpuKernels::open, new Room(2000, 8, 300), 10, _ -> {});
                    Server server = Server.start(served, options, _ -> {})) {
                served.load("dpo", Golden.golden("trl/dpo/end"), false);
                for (int i = 0; i < 2; i++) {
                    String name = i == 0 ? "base" : "dpo";
                    assertThat(ask(server.port(), name, "\"temperature\":0")).isEqualTo(greedy.get(i));
                    assertThat(ask(server.port(), name, "\"temperature\":0.8,\"top_p\":0.9"))
                            .isEqualTo(drawn.get(i));
                }
            }
        }
        assertThat(drawn).isNotEqualTo(greedy);
    }
}
