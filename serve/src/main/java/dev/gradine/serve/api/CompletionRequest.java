package dev.gradine.serve.api;

import dev.gradine.nn.generate.WritingRule.Reports;
import dev.gradine.serve.Served;
import dev.gradine.serve.http.ApiException;
import java.util.List;

/// What is asked of a completion.
///
/// @param model who is asked
/// @param prompts each is continued `options.n()` times
/// @param options how texts are written
/// @param told which log-probabilities are
/// @param shown what is shown beside the text
/// @param stream how texts are sent
record CompletionRequest(
        Chosen model, List<PromptText> prompts, TextOptions options, Told told, Shown shown, Streaming stream) {

    private static final int MOST_LIKELIEST = 20;
    private static final int MOST_TOKENS = 16; // unless the request says

    /// Log-probabilities that are told.
    ///
    /// @param likeliest how many tokens are named with each beside its own, −1 where none is told
    /// @param drawn whether they are those that tokens are drawn by
    record Told(int likeliest, boolean drawn) {}

    /// What is shown beside a text.
    ///
    /// @param echo its prompt, before it
    /// @param ids those of its tokens
    record Shown(boolean echo, boolean ids) {}

    static CompletionRequest read(Fields f, Served served, ApiOptions api) {
        Chosen model = Chosen.of(f, served);
        int vocabulary = served.codec().vocabSize();
        int maxTokens = (int) f.whole("max_tokens", 0, Integer.MAX_VALUE, MOST_TOKENS);
        TextOptions options = TextFields.read(f, vocabulary, maxTokens, api.maxTexts());
        if (f.whole("best_of", 1, Integer.MAX_VALUE, options.n()) != options.n()) {
            throw ApiException.unsupported(
                    "best_of", "best_of is served as n alone: all texts that are written are sent");
        }
        if (f.has("suffix") && !f.text("suffix").isEmpty()) {
            throw ApiException.unsupported("suffix", "suffix is not served: texts are written from left to right");
        }
        int likeliest = (int) f.whole("logprobs", 0, MOST_LIKELIEST, -1);
        Told told = new Told(likeliest, api.tellsDrawn());
        Shown shown = new Shown(f.flag("echo", false), f.flag("return_token_ids", false));
        var prompts = PromptText.read(f, served.codec().tokenizer(), vocabulary);
        return new CompletionRequest(model, prompts, options, told, shown, Streaming.read(f));
    }

    boolean hasLogProbs() {
        return told.likeliest >= 0;
    }

    /// What is told of tokens. A prompt after which nothing is written is read for what is told of it.
    Reports reports() {
        boolean isRead = options.maxTokens() == 0;
        if (!hasLogProbs()) return isRead ? new Reports(true, 0, true) : Reports.IDS;
        return new Reports(true, told.likeliest, shown.echo || isRead, told.drawn);
    }
}
