package dev.gradine.serve.api;

import dev.gradine.nn.generate.WritingRule.Reports;
import dev.gradine.serve.Served;
import dev.gradine.serve.http.ApiException;

/// What is asked of a chat.
///
/// @param model who is asked
/// @param chat what was said so far
/// @param options how answers are written
/// @param reports what is told of their tokens
/// @param stream how answers are sent
/// @param showsIds whether ids of tokens are told
record ChatRequest(
        Chosen model, ChatPrompt chat, TextOptions options, Reports reports, Streaming stream, boolean showsIds) {

    private static final int MOST_LIKELIEST = 20;

    static ChatRequest read(Fields f, Served served, ApiOptions api) {
        Chosen model = Chosen.of(f, served);
        int vocabulary = served.codec().vocabSize();
        TextOptions options = TextFields.read(f, vocabulary, maxTokens(f), api.maxTexts());
        Reports reports = reports(f, api);
        Streaming stream = Streaming.read(f);
        boolean ids = f.flag("return_token_ids", false);
        return new ChatRequest(model, ChatPrompt.read(f, served), options, reports, stream, ids);
    }

    /// The newer name wins.
    private static int maxTokens(Fields f) {
        long older = f.whole("max_tokens", 1, Integer.MAX_VALUE, -1);
        return (int) f.whole("max_completion_tokens", 1, Integer.MAX_VALUE, older);
    }

    private static Reports reports(Fields f, ApiOptions api) {
        boolean wanted = f.flag("logprobs", false);
        int most = (int) f.whole("top_logprobs", 0, MOST_LIKELIEST, 0);
        if (f.has("top_logprobs") && !wanted) {
            throw ApiException.value("top_logprobs", "top_logprobs is given without logprobs, expected logprobs true");
        }
        return wanted ? new Reports(true, most, false, api.tellsDrawn()) : Reports.IDS;
    }
}
