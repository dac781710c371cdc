package dev.gradine.serve.api;

import dev.gradine.data.encode.TextCodec;
import dev.gradine.nn.generate.DrawnToken;
import dev.gradine.serve.http.Call;
import dev.gradine.serve.http.JsonMap;
import dev.gradine.serve.http.ServerEvents;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Sends answers to a chat as they are written: each begins with its role and ends with its reason, and
/// they interleave.
final class ChatStream {

    private final ChatRequest request;
    private final Texts texts;
    private final TokenTexts tokens;
    private final String id = Ids.of("chatcmpl-");
    private final long created = System.currentTimeMillis() / 1000;
    private final List<ChatChoice> choices = new ArrayList<>();
    private final boolean[] hasBegun;

    ChatStream(ChatRequest request, Texts texts, TextCodec codec) {
        this.request = request;
        this.texts = texts;
        tokens = new TokenTexts(codec.tokenizer());
        int n = request.options().n();
        for (int i = 0; i < n; i++) choices.add(new ChatChoice(i, request.chat().tools()));
        hasBegun = new boolean[n];
    }

    void send(Call call) throws IOException, InterruptedException {
        for (News n = texts.next(call); n != null; n = texts.next(call)) send(n, call.events());
        ServerEvents events = call.events();
        if (request.stream().withUsage()) {
            var last = chunk(List.of());
            last.put("usage", texts.usage().plain());
            events.data(last);
        }
        events.done();
    }

    private void send(News news, ServerEvents events) throws IOException {
        ChatChoice c = choices.get(news.text());
        if (!hasBegun[c.index]) {
            hasBegun[c.index] = true;
            var first = choice(
                    c, JsonMap.of("role", "assistant", "content", request.chat().begun()), null);
            var chunk = chunk(List.of(first));
            if (request.showsIds()) chunk.put("prompt_token_ids", request.chat().prompt());
            events.data(chunk);
        }
        String shown = c.take(news);
        boolean isOver = news instanceof News.Over;
        if (!shown.isEmpty()) events.data(chunk(List.of(withTokens(c, JsonMap.of("content", shown), null))));
        if (!isOver) return;
        if (!c.tools.calls().isEmpty()) {
            events.data(chunk(List.of(choice(c, JsonMap.of("tool_calls", calls(c)), null))));
        }
        events.data(chunk(List.of(withTokens(c, JsonMap.of(), c.reason()))));
    }

    private static List<Object> calls(ChatChoice c) {
        List<Object> calls = new ArrayList<>();
        for (ToolCall call : c.tools.calls()) {
            var json = JsonMap.of("index", calls.size());
            json.putAll(call.json());
            calls.add(json);
        }
        return calls;
    }

    /// With what is told of the tokens since the last chunk.
    private Map<String, @Nullable Object> withTokens(
            ChatChoice c, Map<String, @Nullable Object> delta, @Nullable String reason) {
        var choice = choice(c, delta, reason);
        List<DrawnToken> written = c.takeTokens();
        if (request.reports().logProbs() && !written.isEmpty()) choice.put("logprobs", tokens.chat(written));
        if (request.showsIds())
            choice.put("token_ids", written.stream().map(DrawnToken::id).toList());
        return choice;
    }

    private static Map<String, @Nullable Object> choice(
            ChatChoice c, Map<String, @Nullable Object> delta, @Nullable String reason) {
        return JsonMap.of("index", c.index, "delta", delta, "logprobs", null, "finish_reason", reason);
    }

    private Map<String, @Nullable Object> chunk(List<Object> of) {
        var chunk = JsonMap.of("id", id, "object", "chat.completion.chunk", "created", created);
        chunk.put("model", request.model().name());
        chunk.put("choices", of);
        if (request.stream().withUsage()) chunk.put("usage", null);
        return chunk;
    }
}
