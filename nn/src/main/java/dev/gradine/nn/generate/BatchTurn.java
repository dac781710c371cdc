package dev.gradine.nn.generate;

import dev.gradine.autograd.Tape;
import dev.gradine.nn.Adapters;
import dev.gradine.nn.KvCache;
import dev.gradine.nn.Pass;
import dev.gradine.nn.TokenBatch;
import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.List;

/// Fresh tokens of one pass, and the lanes that they are read into. A lane that others continue comes before them; it
/// may have no fresh tokens.
final class BatchTurn {

    private static final class Part {
        final Lane lane;
        final int[] piece;
        final int parent;
        final Adapters adapters;

        Part(Lane lane, int[] piece, int parent, Adapters adapters) {
            this.lane = lane;
            this.piece = piece;
            this.parent = parent;
            this.adapters = adapters;
        }
    }

    private final List<Part> parts = new ArrayList<>();
    private int tokens;

    /// Adds a lane.
    ///
    /// @param parent number of the lane that it continues, −1 for none
    /// @return its number
    int add(Lane lane, int[] piece, int parent, Adapters adapters) {
        parts.add(new Part(lane, piece, parent, adapters));
        tokens += piece.length;
        return parts.size() - 1;
    }

    int tokens() {
        return tokens;
    }

    /// A pass that reads the tokens into `cache`.
    Pass pass(Tape tape, KvCache cache, Mixing mixing) {
        int n = parts.size();
        int[] queryStart = new int[n + 1];
        int[] keyStart = new int[n];
        int[] keyCount = new int[n];
        int[] past = new int[n];
        int[] parent = new int[n];
        int[] slots = new int[tokens];
        for (int s = 0; s < n; s++) {
            Part p = parts.get(s);
            int fresh = p.piece.length;
            queryStart[s + 1] = queryStart[s] + fresh;
            keyStart[s] = p.lane.start;
            keyCount[s] = p.lane.length + fresh;
            parent[s] = p.parent;
            past[s] = p.lane.length + (p.parent < 0 ? 0 : parts.get(p.parent).lane.length);
            for (int i = 0; i < fresh; i++) slots[queryStart[s] + i] = p.lane.start + p.lane.length + i;
        }
        Sequences layout = Sequences.ranges(queryStart, keyStart, keyCount, cache.capacity())
                .continuing(parent);
        TokenBatch batch = TokenBatch.reading(parts.stream().map(p -> p.piece).toList(), past, layout);
        return Pass.reading(tape, batch, slots, cache)
                .with(mixing.of(parts.stream().map(p -> p.adapters).toList()));
    }

    /// Counts the tokens as read.
    void advance() {
        for (Part p : parts) p.lane.length += p.piece.length;
    }
}
