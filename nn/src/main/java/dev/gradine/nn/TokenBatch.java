package dev.gradine.nn;

import dev.gradine.tensor.kernel.Segments;
import java.util.List;

/// Token sequences of any lengths, one after the other without padding.
///
/// Attention never crosses from one sequence to the next, so a batch costs what its real tokens cost.
public final class TokenBatch {

    private final int[] ids;
    private final int[] positions;
    private final Segments segments;

    private TokenBatch(int[] ids, int[] positions, Segments segments) {
        this.ids = ids;
        this.positions = positions;
        this.segments = segments;
    }

    /// Whole sequences, positions counted from 0 in each.
    public static TokenBatch of(List<int[]> sequences) {
        int[] start = new int[sequences.size() + 1];
        for (int s = 0; s < sequences.size(); s++) start[s + 1] = start[s] + sequences.get(s).length;
        int[] ids = new int[start[sequences.size()]];
        int[] positions = new int[ids.length];
        for (int s = 0; s < sequences.size(); s++) {
            int[] sequence = sequences.get(s);
            System.arraycopy(sequence, 0, ids, start[s], sequence.length);
            for (int i = 0; i < sequence.length; i++) positions[start[s] + i] = i;
        }
        return new TokenBatch(ids, positions, Segments.packed(start));
    }

    /// The continuation of one sequence of which `past` tokens are in a cache.
    public static TokenBatch continuing(int[] ids, int past) {
        int[] positions = new int[ids.length];
        for (int i = 0; i < ids.length; i++) positions[i] = past + i;
        return new TokenBatch(ids.clone(), positions, Segments.cached(ids.length, past + ids.length));
    }

    /// All tokens, N of them.
    public int[] ids() {
        return ids.clone();
    }

    /// Position of each token within its sequence.
    public int[] positions() {
        return positions.clone();
    }

    /// Where each sequence begins.
    public Segments segments() {
        return segments;
    }

    /// Number of tokens N.
    public int tokens() {
        return ids.length;
    }
}
