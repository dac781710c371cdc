package dev.gradine.serve.api;

import dev.gradine.nn.generate.DrawnToken;
import dev.gradine.serve.http.JsonMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One of the texts of a completion while it is written.
final class CompletionChoice {

    private final int index;
    private final CompletionRequest request;
    private final PromptText prompt;
    private final TokenTexts texts;
    private final StringBuilder text = new StringBuilder();
    private List<DrawnToken> tokens = new ArrayList<>();
    private int offset; // characters of all tokens that were told
    private boolean isFirst = true;
    private String reason = "";

    CompletionChoice(int index, CompletionRequest request, TokenTexts texts) {
        this.index = index;
        this.request = request;
        this.texts = texts;
        prompt = request.prompts().get(index / request.options().n());
        if (request.shown().echo()) text.append(prompt.text());
    }

    /// Takes the news of it.
    void take(News news) {
        switch (news) {
            case News.Read read -> {
                if (request.shown().echo()) tokens.addAll(read.tokens());
            }
            case News.Piece piece -> {
                text.append(piece.shown());
                tokens.add(piece.token());
            }
            case News.Ended ended -> tokens.add(ended.token());
            case News.Over over -> {
                text.append(over.shown());
                reason = over.reason();
            }
            case News.Known _, News.Failed _ -> {}
        }
    }

    /// Whether there is something to send.
    boolean hasNews() {
        return !text.isEmpty() || !reason.isEmpty();
    }

    /// What became of it since this was asked last.
    Map<String, @Nullable Object> json() {
        var json = JsonMap.of("index", index, "text", text.toString());
        json.put("logprobs", request.hasLogProbs() ? logProbs() : null);
        json.put("finish_reason", reason.isEmpty() ? null : reason);
        if (request.shown().ids()) {
            if (isFirst) json.put("prompt_token_ids", prompt.ids());
            json.put("token_ids", tokens.stream().map(DrawnToken::id).toList());
        }
        isFirst = false;
        text.setLength(0);
        tokens = new ArrayList<>();
        return json;
    }

    /// Nothing is known of the first token of a prompt: its log-probability is NaN.
    private Map<String, @Nullable Object> logProbs() {
        List<String> names = new ArrayList<>();
        List<@Nullable Float> logProbs = new ArrayList<>();
        List<@Nullable Map<String, Float>> likeliest = new ArrayList<>();
        List<Integer> offsets = new ArrayList<>();
        for (DrawnToken t : tokens) {
            String name = texts.text(t.id());
            boolean isKnown = !Float.isNaN(t.logProb());
            names.add(name);
            logProbs.add(isKnown ? TokenTexts.logProb(t.logProb()) : null);
            likeliest.add(isKnown ? likeliest(t) : null);
            offsets.add(offset);
            offset += name.codePointCount(0, name.length());
        }
        return JsonMap.of(
                "tokens", names, "token_logprobs", logProbs, "top_logprobs", likeliest, "text_offset", offsets);
    }

    /// The likeliest and the token itself, by text. Tokens of equal text have the larger of their
    /// log-probabilities.
    private Map<String, Float> likeliest(DrawnToken t) {
        Map<String, Float> all = new LinkedHashMap<>();
        for (DrawnToken.Likely l : t.likeliest()) add(all, l.id(), l.logProb());
        add(all, t.id(), t.logProb());
        return all;
    }

    private void add(Map<String, Float> all, int id, float logProb) {
        all.merge(texts.text(id), TokenTexts.logProb(logProb), Math::max);
    }
}
