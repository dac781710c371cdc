package dev.gradine.serve.api;

import dev.gradine.serve.Served;
import dev.gradine.serve.http.Call;
import dev.gradine.serve.http.JsonMap;
import dev.gradine.serve.http.Route;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `POST /v1/completions`: texts behind prompts, and log-probabilities of prompts. Text number i is of
/// prompt i / n.
final class CompletionsEndpoint {

    private final Served served;
    private final Metrics metrics;
    private final Unknown unknown;
    private final ApiOptions options;

    CompletionsEndpoint(Served served, Metrics metrics, Unknown unknown, ApiOptions options) {
        this.served = served;
        this.metrics = metrics;
        this.unknown = unknown;
        this.options = options;
    }

    Route route() {
        return Route.post("/v1/completions", this::answer);
    }

    private void answer(Call call) throws IOException, InterruptedException {
        Fields fields = Fields.parse(call.body());
        CompletionRequest request = CompletionRequest.read(fields, served, options);
        unknown.report(call, fields);
        call.header(ChatEndpoint.SEED, Long.toString(request.options().seed()));
        call.watch();
        try (Texts texts = new Texts(served, request.model(), metrics)) {
            for (PromptText p : request.prompts()) {
                texts.ask("prompt", p.tokens(), request.options(), request.reports());
            }
            if (request.stream().isOn()) stream(call, request, texts);
            else whole(call, request, texts);
        }
    }

    private List<CompletionChoice> choices(CompletionRequest request) {
        TokenTexts names = new TokenTexts(served.codec().tokenizer());
        List<CompletionChoice> choices = new ArrayList<>();
        int count = request.prompts().size() * request.options().n();
        for (int i = 0; i < count; i++) choices.add(new CompletionChoice(i, request, names));
        return choices;
    }

    private void whole(Call call, CompletionRequest request, Texts texts) throws IOException, InterruptedException {
        List<CompletionChoice> choices = choices(request);
        for (News n = texts.next(null); n != null; n = texts.next(null)) take(n, choices, request);
        var answer = head(request);
        answer.put("system_fingerprint", request.model().acting().fingerprint());
        answer.put("choices", choices.stream().map(CompletionChoice::json).toList());
        answer.put("usage", texts.usage().detailed());
        call.json(200, answer);
    }

    /// What was read of a prompt concerns all its texts.
    private static void take(News n, List<CompletionChoice> choices, CompletionRequest request) {
        int count = n instanceof News.Read ? request.options().n() : 1;
        for (CompletionChoice c : choices.subList(n.text(), n.text() + count)) c.take(n);
    }

    private void stream(Call call, CompletionRequest request, Texts texts) throws IOException, InterruptedException {
        List<CompletionChoice> choices = choices(request);
        var chunk = head(request);
        for (News n = texts.next(call); n != null; n = texts.next(call)) {
            take(n, choices, request);
            CompletionChoice c = choices.get(n.text());
            if (!c.hasNews()) continue;
            chunk.put("choices", List.of(c.json()));
            if (request.stream().withUsage()) chunk.put("usage", null);
            call.events().data(chunk);
        }
        if (request.stream().withUsage()) {
            chunk.put("choices", List.of());
            chunk.put("usage", texts.usage().plain());
            call.events().data(chunk);
        }
        call.events().done();
    }

    private static Map<String, @Nullable Object> head(CompletionRequest request) {
        var head = JsonMap.of(
                "id", Ids.of("cmpl-"), "object", "text_completion", "created", System.currentTimeMillis() / 1000);
        head.put("model", request.model().name());
        return head;
    }
}
