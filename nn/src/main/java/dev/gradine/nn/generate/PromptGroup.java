package dev.gradine.nn.generate;

import dev.gradine.nn.Adapters;
import dev.gradine.nn.KvCache;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// A prompt and the texts behind it.
final class PromptGroup {

    private static final int FIRST_TOKENS = 256;

    final Writing writing;
    final int limit; // tokens of a text
    final Adapters adapters;
    final List<Answer> answers = new ArrayList<>();

    /// Where its prompt is read into; its texts have these pages once it has been read.
    @Nullable
    TextPages pages;

    /// A cache of its own, where its adapters allow no other text beside it.
    @Nullable
    KvCache own;

    private final List<DrawnToken> reported = new ArrayList<>();
    private boolean isReported;

    boolean wasPutOff;
    boolean isRead; // whether its first tokens have been drawn

    PromptGroup(Writing writing, List<? extends RandomGenerator> draws, int firstNumber, Adapters adapters, int limit) {
        this.writing = writing;
        this.adapters = adapters;
        this.limit = limit;
        for (RandomGenerator rng : draws) answers.add(new Answer(this, firstNumber + answers.size(), rng));
    }

    int[] prompt() {
        return writing.prompt();
    }

    /// Its texts that are not over.
    List<Answer> open() {
        return answers.stream().filter(a -> !a.isOver).toList();
    }

    /// Its pages, where it has some.
    TextPages pages() {
        TextPages p = pages;
        if (p == null) throw new IllegalStateException("a prompt without pages");
        return p;
    }

    /// Tokens of each text that there must be room for when it comes in: all, once it was put off.
    int reserved() {
        return wasPutOff ? limit : Math.min(limit, FIRST_TOKENS);
    }

    /// Tokens of the prompt that have been read.
    int read() {
        KvCache c = own;
        if (c != null) return Math.max(0, c.length() - adapters.virtualTokens());
        TextPages p = pages;
        return p == null ? 0 : p.length;
    }

    /// Notes the log-probability of the token behind token `at` of the prompt, and tells of all at its end.
    void report(int at, float[] logits) {
        if (at == 0) {
            reported.clear();
            reported.add(DrawnToken.of(prompt()[0]));
        }
        if (at + 1 < prompt().length) {
            reported.add(LogProbs.of(
                    logits, prompt()[at + 1], writing.rule().reports().likeliest()));
        } else {
            isReported = true;
            writing.listener().prompt(List.copyOf(reported));
        }
    }

    boolean isReported() {
        return isReported;
    }

    boolean isOver() {
        return answers.stream().allMatch(a -> a.isOver);
    }
}
