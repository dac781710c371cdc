package dev.gradine.nn;

import dev.gradine.tensor.kernel.Sequences;
import java.util.Arrays;
import java.util.List;

/// Token sequences of any lengths, one after the other without padding.
///
/// Attention never crosses from one sequence to another unless that one continues it, so a batch costs what its real
/// tokens cost.
public final class TokenBatch {

    private final int[] ids;
    private final int[] positions;
    private final Sequences sequences;

    TokenBatch(int[] ids, int[] positions, Sequences sequences) {
        this.ids = ids;
        this.positions = positions;
        this.sequences = sequences;
    }

    /// Whole sequences, positions counted from 0 in each.
    public static TokenBatch of(List<int[]> sequences) {
        int[] parent = new int[sequences.size()];
        Arrays.fill(parent, -1);
        return branching(sequences, parent);
    }

    /// Sequences of which some continue another one, so that a beginning that several have in common is read once.
    ///
    /// Sequence s with `parent[s] = p ≥ 0` sees all of sequence p before its own tokens, and its positions count on
    /// from the end of p.
    ///
    /// @param sequences tokens of each, without those of its parent
    /// @param parent of each, −1 for none; as `Sequences.branching` wants it
    public static TokenBatch branching(List<int[]> sequences, int[] parent) {
        int[] start = new int[sequences.size() + 1];
        for (int s = 0; s < sequences.size(); s++) start[s + 1] = start[s] + sequences.get(s).length;
        Sequences layout = Sequences.branching(start, parent);
        int[] ids = new int[layout.queries()];
        int[] positions = new int[ids.length];
        for (int s = 0; s < sequences.size(); s++) {
            int[] sequence = sequences.get(s);
            int past = parent[s] < 0 ? 0 : sequences.get(parent[s]).length;
            System.arraycopy(sequence, 0, ids, start[s], sequence.length);
            for (int i = 0; i < sequence.length; i++) positions[start[s] + i] = past + i;
        }
        return new TokenBatch(ids, positions, layout);
    }

    /// The continuation of one sequence of which `past` tokens are in a cache.
    public static TokenBatch continuing(int[] ids, int past) {
        int[] positions = new int[ids.length];
        for (int i = 0; i < ids.length; i++) positions[i] = past + i;
        return new TokenBatch(ids.clone(), positions, Sequences.cached(ids.length, past + ids.length));
    }

    /// All tokens, N of them.
    public int[] ids() {
        return ids.clone();
    }

    /// Position of each token within its sequence, that of its parent included.
    public int[] positions() {
        return positions.clone();
    }

    /// Where each sequence begins.
    public Sequences sequences() {
        return sequences;
    }

    /// Number of tokens N.
    public int tokens() {
        return ids.length;
    }
}
