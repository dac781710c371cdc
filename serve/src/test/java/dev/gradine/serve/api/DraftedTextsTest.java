package dev.gradine.serve.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gradine.models.Models;
import dev.gradine.models.OpenModel;
import dev.gradine.nn.generate.ContinuousBatch.Room;
import dev.gradine.nn.generate.Draft;
import dev.gradine.nn.generate.DraftModel;
import dev.gradine.serve.AdapterLimits;
import dev.gradine.serve.ServedModel;
import dev.gradine.tensor.Kernels;
import dev.gradine.tensor.cpu.CpuKernels;
import dev.gradine.testkit.Golden;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Served texts whose next tokens are guessed are those that are not guessed.
class DraftedTextsTest {

    private static final Path BASE = Golden.golden("trl/base");
    private static final int TRIES = 1000;
    private static final String REPEATS = "[5,6,7,8,9,5,6,7,8,9,5,6,7,8,9,5,6,7]";

    private static final List<String> ASKED = List.of(
            "{\"model\":\"base\",\"temperature\":0,\"max_tokens\":60,\"prompt\":%s}".formatted(REPEATS),
            "{\"model\":\"dpo\",\"temperature\":0,\"max_tokens\":60,\"prompt\":%s}".formatted(REPEATS),
            "{\"model\":\"base\",\"temperature\":0.3,\"top_p\":0.9,\"seed\":5,\"n\":3,\"max_tokens\":40,\"prompt\":%s}"
                    .formatted(REPEATS),
            "{\"model\":\"dpo\",\"temperature\":0.5,\"seed\":6,\"max_tokens\":40,\"logprobs\":2,\"prompt\":%s}"
                    .formatted(REPEATS),
            "{\"model\":\"base\",\"temperature\":0,\"repetition_penalty\":1.3,\"max_tokens\":40,"
                    + "\"prompt\":\"one two\"}");

    private final Kernels run = CpuKernels.open();
    private final OpenModel open = Models.open(BASE, run);
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        client.close();
        open.close();
        run.close();
    }

    /// What is answered to all of `ASKED` at once, and what the guesses were worth.
    private record Answers(List<String> choices, long guessed, long right) {}

    private Answers answers(Draft draft) throws Exception {
        var texts = new ServedModel.Texts(open.codec(), true, _ -> false, 200);
        var guesses = new ServedModel.Guesses(draft, 100);
        var base = new ServedModel.Base(open.model(), "base", BASE, texts, guesses);
        var limits = new ServedModel.Limits(10, new Room(2000, 8, 300), AdapterLimits.NONE);
        ServerOptions options =
                new ServerOptions(ServerOptions.defaults().http().at(0), ApiOptions.defaults());
        try (ServedModel served = new ServedModel(base, run, CpuKernels::open, limits, _ -> {})) {
            served.load("dpo", Golden.golden("trl/dpo/end"), false);
            try (Server server = Server.start(served, options, _ -> {})) {
                List<CompletableFuture<String>> all = new ArrayList<>();
                for (String body : ASKED) all.add(asked(server, body));
                List<String> choices = new ArrayList<>();
                for (CompletableFuture<String> each : all) choices.add(choices(each.get()));
                return counted(server, choices, !draft.equals(Draft.NONE));
            }
        }
    }

    private CompletableFuture<String> asked(Server server, String body) {
        HttpRequest request = HttpRequest.newBuilder(uri(server, "/v1/completions"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build();
        return client.sendAsync(request, BodyHandlers.ofString()).thenApply(a -> a.body());
    }

    private static URI uri(Server server, String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    /// An answer without its id and its time.
    private static String choices(String answer) {
        int at = answer.indexOf("\"choices\"");
        assertThat(at).as(answer).isPositive();
        return answer.substring(at);
    }

    /// @param some whether there are guesses; the last step's are counted a moment later
    private Answers counted(Server server, List<String> choices, boolean some) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri(server, "/metrics")).build();
        for (int i = 0; ; i++) {
            String text = client.send(request, BodyHandlers.ofString()).body();
            Answers all = new Answers(choices, count(text, "num_draft_tokens"), count(text, "num_accepted_tokens"));
            if (!some || all.right > 0 || i == TRIES) return all;
            Thread.sleep(1);
        }
    }

    private static long count(String metrics, String name) {
        Matcher m = Pattern.compile("\ngradine_spec_decode_" + name + "_total (\\d+)\n")
                .matcher(metrics);
        assertThat(m.find()).as(metrics).isTrue();
        return Long.parseLong(m.group(1));
    }

    @Test
    void texts_are_the_same_token_for_token_with_guesses_of_any_kind() throws Exception {
        Answers plain = answers(Draft.NONE);
        assertThat(plain.guessed).isZero();
        assertThat(plain.choices).hasSize(5).doesNotHaveDuplicates();
        Answers looked = answers(Draft.lookup(4, 3));
        assertThat(looked.choices).isEqualTo(plain.choices);
        assertThat(looked.right).isPositive().isLessThan(looked.guessed);
        try (Kernels own = CpuKernels.open();
                OpenModel smaller = Models.open(BASE, own)) {
            Answers drafted = answers(new DraftModel(smaller.model(), own, 4, 200));
            assertThat(drafted.choices).isEqualTo(plain.choices);
            assertThat(drafted.right).isPositive().isLessThan(drafted.guessed);
        }
    }
}
