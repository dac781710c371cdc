package dev.gradine.nn;

import dev.gradine.tensor.kernel.Sequences;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Token sequences of any lengths, one after the other without padding.
///
/// Attention never crosses from one sequence to another unless that one continues it, so a batch costs what its real
/// tokens cost.
public final class TokenBatch {

    /// Id of a row that stands for no token.
    public static final int VIRTUAL = -1;

    private final int[] ids;
    private final int[] positions;
    private final Sequences layout;
    private final List<int[]> sequences; // without those of a cache
    private final int[] parent;
    private final int[] types; // empty for zeros

    private TokenBatch(int[] ids, int[] positions, Sequences layout, List<int[]> sequences, int[] parent) {
        this(ids, positions, layout, sequences, parent, new int[0]);
    }

    private TokenBatch(int[] ids, int[] positions, Sequences layout, List<int[]> sequences, int[] parent, int[] types) {
        this.types = types;
        this.ids = ids;
        this.positions = positions;
        this.layout = layout;
        this.sequences = sequences;
        this.parent = parent;
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
        return new TokenBatch(ids, positions, layout, List.copyOf(sequences), parent.clone());
    }

    /// The continuation of one sequence of which `past` tokens are in a cache.
    public static TokenBatch continuing(int[] ids, int past) {
        int[] positions = new int[ids.length];
        for (int i = 0; i < ids.length; i++) positions[i] = past + i;
        int[] own = ids.clone();
        Sequences layout = Sequences.cached(ids.length, past + ids.length);
        return new TokenBatch(own, positions, layout, List.of(own), new int[] {-1});
    }

    /// The continuations of several sequences in a cache.
    ///
    /// @param pieces fresh tokens of each; none of one that others continue
    /// @param past position of the first fresh token of each
    /// @param layout where their keys lie
    public static TokenBatch reading(List<int[]> pieces, int[] past, Sequences layout) {
        int[] ids = new int[layout.queries()];
        int[] positions = new int[ids.length];
        int[] parent = new int[pieces.size()];
        for (int s = 0; s < parent.length; s++) {
            parent[s] = layout.parent(s);
            int[] piece = pieces.get(s);
            int at = layout.queryStart(s);
            System.arraycopy(piece, 0, ids, at, piece.length);
            for (int i = 0; i < piece.length; i++) positions[at + i] = past[s] + i;
        }
        return new TokenBatch(ids, positions, layout, List.copyOf(pieces), parent);
    }

    /// The same sequences, each that continues no other behind `count` virtual tokens: rows of their own, with the id
    /// `VIRTUAL`.
    TokenBatch behindVirtual(int count) {
        if (count == 0) return this;
        List<int[]> longer = new ArrayList<>();
        for (int s = 0; s < sequences.size(); s++) {
            IntStream own = IntStream.of(sequences.get(s));
            int before = parent[s] >= 0 ? 0 : count;
            longer.add(IntStream.concat(IntStream.range(0, before).map(_ -> VIRTUAL), own)
                    .toArray());
        }
        TokenBatch all = branching(longer, parent);
        int[] places = all.positions.clone();
        int next = 0;
        for (int i = 0; i < places.length; i++) if (all.ids[i] != VIRTUAL) places[i] = count + positions[next++];
        return all.at(places);
    }

    /// The same tokens, each of a type: which of two texts it belongs to, in BERT.
    ///
    /// @param of the tokens of each sequence
    /// @throws IllegalArgumentException if there are more or fewer than tokens
    public TokenBatch typed(List<int[]> of) {
        int[] all = of.stream().flatMapToInt(IntStream::of).toArray();
        if (all.length == ids.length) return new TokenBatch(ids, positions, layout, sequences, parent, all);
        throw new IllegalArgumentException(
                "tokens: %d types are given, expected %d (one a token)".formatted(all.length, ids.length));
    }

    /// Type of each token, 0 where nothing is said.
    public int[] types() {
        return types.length == 0 ? new int[ids.length] : types.clone();
    }

    /// Whether a sequence continues another one.
    boolean isBranching() {
        return IntStream.of(parent).anyMatch(p -> p >= 0);
    }

    /// The same rows at other positions.
    ///
    /// @throws IllegalArgumentException if there are more or fewer than rows
    public TokenBatch at(int[] others) {
        if (others.length != ids.length) {
            throw new IllegalArgumentException(
                    "tokens: %d positions are given, expected %d (one a token)".formatted(others.length, ids.length));
        }
        return new TokenBatch(ids, others.clone(), layout, sequences, parent, types);
    }

    /// Numbers of the rows that stand for tokens, not for virtual ones.
    int[] realRows() {
        return IntStream.range(0, ids.length).filter(i -> ids[i] != VIRTUAL).toArray();
    }

    /// Numbers of the rows that stand for virtual tokens, sequence after sequence.
    public int[] virtualRows() {
        return IntStream.range(0, ids.length).filter(i -> ids[i] == VIRTUAL).toArray();
    }

    /// All tokens, N of them; `VIRTUAL` where a row has none.
    public int[] ids() {
        return ids.clone();
    }

    /// Position of each token within its sequence, that of its parent included.
    public int[] positions() {
        return positions.clone();
    }

    /// For each token, how many tokens the longest sequence has that begins as its own does, as far as this batch goes.
    int[] reach() {
        int[] last = new int[parent.length];
        for (int s = 0; s < parent.length; s++) {
            int end = layout.queryStart(s) + layout.queries(s);
            int length = layout.queries(s) == 0 ? 0 : positions[end - 1] + 1;
            last[root(s)] = Math.max(last[root(s)], length);
        }
        int[] reach = new int[ids.length];
        for (int s = 0; s < parent.length; s++) {
            int from = layout.queryStart(s);
            Arrays.fill(reach, from, from + layout.queries(s), last[root(s)]);
        }
        return reach;
    }

    /// Numbers of the rows where texts end: of each sequence that no other continues, in their order. One
    /// without tokens of its own ends where the one ends that it continues.
    ///
    /// @throws IllegalArgumentException if a text has no token
    int[] textEnds() {
        boolean[] goesOn = new boolean[parent.length];
        for (int p : parent) if (p >= 0) goesOn[p] = true;
        return IntStream.range(0, parent.length)
                .filter(s -> !goesOn[s])
                .map(this::end)
                .toArray();
    }

    /// How many texts have each row: those that end in its sequence or in one that continues it.
    int[] texts() {
        int[] below = new int[parent.length];
        for (int s = parent.length - 1; s >= 0; s--) {
            if (below[s] == 0) below[s] = 1;
            if (parent[s] >= 0) below[parent[s]] += below[s];
        }
        int[] all = new int[ids.length];
        for (int s = 0; s < parent.length; s++) {
            int from = layout.queryStart(s);
            Arrays.fill(all, from, from + layout.queries(s), below[s]);
        }
        return all;
    }

    private int end(int text) {
        int s = text;
        while (s >= 0 && layout.queries(s) == 0) s = parent[s];
        if (s < 0) throw new IllegalArgumentException("tokens: text %d has none, expected at least 1".formatted(text));
        return layout.queryStart(s) + layout.queries(s) - 1;
    }

    private int root(int sequence) {
        int s = sequence;
        while (parent[s] >= 0) s = parent[s];
        return s;
    }

    /// Where each sequence begins.
    public Sequences layout() {
        return layout;
    }

    /// Number of tokens N.
    public int tokens() {
        return ids.length;
    }
}
