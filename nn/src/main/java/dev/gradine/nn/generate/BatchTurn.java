package dev.gradine.nn.generate;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.KvCache;
import dev.gradine.nn.Pass;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.List;

/// Fresh tokens of one pass, and the texts whose pages they are read into.
final class BatchTurn {

    private static final class Part {
        final TextPages text;
        final int[] piece;
        final Adapters adapters;

        Part(TextPages text, int[] piece, Adapters adapters) {
            this.text = text;
            this.piece = piece;
            this.adapters = adapters;
        }
    }

    private final List<Part> parts = new ArrayList<>();
    private int tokens;

    /// Adds the next tokens of a text, for which it has pages.
    void add(TextPages text, int[] piece, Adapters adapters) {
        parts.add(new Part(text, piece, adapters));
        tokens += piece.length;
    }

    int tokens() {
        return tokens;
    }

    /// A pass that reads the tokens into `cache`.
    Pass pass(Tape tape, KvCache cache, Mixing mixing) {
        int n = parts.size();
        int[] queryStart = new int[n + 1];
        List<int[]> pages = new ArrayList<>();
        int[] keyCount = new int[n];
        int[] past = new int[n];
        int[] states = new int[n];
        int[] slots = new int[tokens];
        for (int s = 0; s < n; s++) {
            Part p = parts.get(s);
            int fresh = p.piece.length;
            queryStart[s + 1] = queryStart[s] + fresh;
            pages.add(p.text.pages.stream().mapToInt(Integer::intValue).toArray());
            past[s] = p.text.length;
            keyCount[s] = past[s] + fresh;
            states[s] = p.text.state;
            for (int i = 0; i < fresh; i++) slots[queryStart[s] + i] = p.text.row(past[s] + i);
        }
        Sequences layout = Sequences.paged(queryStart, pages, keyCount, cache.capacity());
        TokenBatch batch = TokenBatch.reading(parts.stream().map(p -> p.piece).toList(), past, layout);
        return Pass.reading(tape, batch, slots, states, cache)
                .with(mixing.of(parts.stream().map(p -> p.adapters).toList()));
    }

    /// Counts the tokens as read.
    void advance() {
        for (Part p : parts) p.text.length += p.piece.length;
    }
}
