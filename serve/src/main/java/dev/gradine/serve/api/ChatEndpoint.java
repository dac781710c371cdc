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

/// `POST /v1/chat/completions`.
final class ChatEndpoint {

    /// Header with the seed that texts were drawn by.
    static final String SEED = "x-gradine-seed";

    private final Served served;
    private final Metrics metrics;
    private final Unknown unknown;
    private final ApiOptions options;

    ChatEndpoint(Served served, Metrics metrics, Unknown unknown, ApiOptions options) {
        this.served = served;
        this.metrics = metrics;
        this.unknown = unknown;
        this.options = options;
    }

    Route route() {
        return Route.post("/v1/chat/completions", this::answer);
    }

    private void answer(Call call) throws IOException, InterruptedException {
        Fields fields = Fields.parse(call.body());
        ChatRequest request = ChatRequest.read(fields, served, options);
        unknown.report(call, fields);
        call.header(SEED, Long.toString(request.options().seed()));
        call.watch();
        try (Texts texts = new Texts(served, request.model(), metrics)) {
            texts.ask("messages", request.chat().ids(), request.options(), request.reports());
            if (request.stream().isOn()) new ChatStream(request, texts, served.codec()).send(call);
            else call.json(200, whole(request, texts));
        }
    }

    private Map<String, @Nullable Object> whole(ChatRequest request, Texts texts)
            throws IOException, InterruptedException {
        List<ChatChoice> choices = new ArrayList<>();
        List<StringBuilder> contents = new ArrayList<>();
        for (int i = 0; i < request.options().n(); i++) {
            choices.add(new ChatChoice(i, request.chat().tools()));
            contents.add(new StringBuilder(request.chat().begun()));
        }
        for (News n = texts.next(null); n != null; n = texts.next(null)) {
            contents.get(n.text()).append(choices.get(n.text()).take(n));
        }
        TokenTexts tokens = new TokenTexts(served.codec().tokenizer());
        List<Object> shown = new ArrayList<>();
        for (ChatChoice c : choices)
            shown.add(choice(request, c, contents.get(c.index).toString(), tokens));
        var answer = JsonMap.of(
                "id", Ids.of("chatcmpl-"), "object", "chat.completion", "created", System.currentTimeMillis() / 1000);
        answer.put("model", request.model().name());
        answer.put("system_fingerprint", request.model().acting().fingerprint());
        answer.put("choices", shown);
        answer.put("usage", texts.usage().detailed());
        if (request.showsIds()) answer.put("prompt_token_ids", request.chat().prompt());
        return answer;
    }

    private static Map<String, @Nullable Object> choice(
            ChatRequest request, ChatChoice c, String content, TokenTexts tokens) {
        List<ToolCall> calls = c.tools.calls();
        boolean isSilent = !calls.isEmpty() && content.isBlank();
        var message = JsonMap.of("role", "assistant", "content", isSilent ? null : content, "refusal", null);
        if (!calls.isEmpty())
            message.put("tool_calls", calls.stream().map(ToolCall::json).toList());
        var written = c.takeTokens();
        var choice = JsonMap.of(
                "index",
                c.index,
                "message",
                message,
                "logprobs",
                request.reports().logProbs() ? tokens.chat(written) : null,
                "finish_reason",
                c.reason());
        if (request.showsIds())
            choice.put("token_ids", written.stream().map(t -> t.id()).toList());
        return choice;
    }
}
