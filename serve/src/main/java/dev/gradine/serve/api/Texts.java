package dev.gradine.serve.api;

import dev.gradine.data.encode.TextCodec;
import dev.gradine.nn.generate.Writing;
import dev.gradine.nn.generate.WritingRule;
import dev.gradine.nn.generate.WritingRule.Reports;
import dev.gradine.serve.Acting;
import dev.gradine.serve.QueueFullException;
import dev.gradine.serve.Served;
import dev.gradine.serve.http.ApiException;
import dev.gradine.serve.http.Call;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// The texts of a request while they are written. Closing gives up those that are not over.
final class Texts implements AutoCloseable {

    /// Seconds of silence after which a stream says that it is still there.
    private static final long PING = 15;

    private final Served served;
    private final Acting acting;
    private final List<Writing> writings = new ArrayList<>();
    private final LinkedBlockingQueue<News> news = new LinkedBlockingQueue<>();
    private final Metrics.Watch watch;
    private int asked;
    private int running;
    private int promptTokens;
    private int known; // of them, read for an earlier request
    private int written;

    /// @param metrics told of each token
    Texts(Served served, Chosen model, Metrics metrics) {
        this.served = served;
        acting = model.acting();
        watch = metrics.watch(model.name());
    }

    /// Begins to write the texts of one prompt.
    ///
    /// Where tokens of the prompt are told of, so is the one that ends a text: clients that score a text
    /// ask for one token behind it, and take the last of what they are told for that token.
    ///
    /// @param field that the prompt is in, for errors
    /// @throws ApiException if there is no room for it
    void ask(String field, int[] prompt, TextOptions o, Reports reports) {
        int room = served.maxTokens() - acting.adapters().virtualTokens() - prompt.length;
        if (prompt.length == 0) throw ApiException.value(field, field + " has no token, expected at least one");
        if (room < 0 || (room == 0 && o.maxTokens() != 0)) throw tooLong(field, prompt.length, o);
        int most = o.maxTokens() < 0 ? room : Math.min(room, o.maxTokens());
        TextCodec codec = served.codec();
        IntPredicate ends = o.ends(served.ends());
        boolean tellsEnds =
                reports.logProbs() && reports.prompt() && o.changes().minTokens() == 0;
        WritingRule rule = new WritingRule(
                o.sampling(), o.changes(), most, tellsEnds ? _ -> false : ends, reports, served.draft());
        TextTeller teller =
                new TextTeller(asked, prompt, codec.tokenizer(), o, tellsEnds ? ends : _ -> false, news::add);
        Writing w = new Writing(prompt, acting.adapters(), rule, Seeds.draws(o.seed(), asked, o.n()), teller);
        submit(field, w);
        asked += o.n();
        running += o.n();
        promptTokens += prompt.length;
    }

    private void submit(String field, Writing w) {
        try {
            served.submit(w);
            writings.add(w);
        } catch (QueueFullException e) {
            String message = String.valueOf(e.getMessage());
            throw new ApiException(429, "rate_limit_error", "queue_full", null, message);
        } catch (IllegalArgumentException e) {
            throw ApiException.request(400, "context_length_exceeded", field, String.valueOf(e.getMessage()));
        }
    }

    private ApiException tooLong(String field, int prompt, TextOptions o) {
        String asked = o.maxTokens() < 0 ? "at least 1 token" : o.maxTokens() + " tokens";
        String message = "%s has %d tokens, and %s are asked for behind them, expected at most %d together"
                .formatted(
                        field,
                        prompt,
                        asked,
                        served.maxTokens() - acting.adapters().virtualTokens());
        return ApiException.request(400, "context_length_exceeded", field, message);
    }

    /// Tokens of the prompts, and of the texts so far.
    Usage usage() {
        return new Usage(promptTokens, known, written);
    }

    /// The next news, null when all texts are over.
    ///
    /// @param stream told in silence that there is still somebody; null for none
    /// @throws ApiException if the server gave a text up
    @Nullable
    News next(@Nullable Call stream) throws IOException, InterruptedException {
        if (running == 0) return null;
        News next = await(stream);
        while (next instanceof News.Known k) {
            known += k.tokens();
            next = await(stream);
        }
        if (next instanceof News.Piece) {
            written++;
            watch.token();
        }
        if (next instanceof News.Failed failed) throw failed.why();
        if (next instanceof News.Over over) {
            running--;
            if (over.reason().isEmpty()) {
                throw ApiException.server(503, "shutting_down", "the server gave the text up before it was over");
            }
        }
        return next;
    }

    private News await(@Nullable Call stream) throws IOException, InterruptedException {
        while (true) {
            News next = news.poll(PING, TimeUnit.SECONDS);
            if (next != null) return next;
            if (stream != null) stream.events().ping();
        }
    }

    @Override
    public void close() {
        writings.forEach(Writing::cancel);
    }
}
