package dev.gradine.nn.generate;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// One text behind a prompt.
final class Answer {

    final PromptGroup group;
    final int number; // among those of the prompt
    final RandomGenerator rng;
    int[] text = new int[16];
    int count;
    boolean isOver;

    /// Where it is read into, behind its prompt, once that has been read.
    @Nullable
    TextPages pages;

    Answer(PromptGroup group, int number, RandomGenerator rng) {
        this.group = group;
        this.number = number;
        this.rng = rng;
    }

    /// Its pages, where it has some.
    TextPages pages() {
        TextPages p = pages;
        if (p == null) throw new IllegalStateException("a text without pages");
        return p;
    }

    /// Tokens of the text that have been read.
    int read() {
        TextPages p = pages;
        return p == null ? 0 : p.length - group.prompt().length;
    }

    /// Takes the token that was drawn, and tells of it.
    void take(DrawnToken token) {
        Writing w = group.writing;
        if (w.rule().isEnd().test(token.id())) {
            end(new Ending(Ending.Why.END, token.id()));
            return;
        }
        if (count == text.length) text = Arrays.copyOf(text, Math.min(group.limit, 2 * count));
        text[count++] = token.id();
        if (!w.listener().token(number, token)) end(Ending.of(Ending.Why.STOPPED));
        else if (count == group.limit) end(Ending.of(Ending.Why.LENGTH));
    }

    void end(Ending ending) {
        isOver = true;
        group.writing.listener().end(number, ending);
    }
}
