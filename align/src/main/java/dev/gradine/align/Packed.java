package dev.gradine.align;

import dev.gradine.data.encode.LabelledTokens;
import dev.gradine.nn.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Groups of sequences laid out for one forward pass, in which what all of a group begin with stands once.
///
/// ```
/// rows of a group:   common beginning | rest of its first sequence | rest of its second | …
/// sequences:         the first of every group, then the second of every group that has one, …
/// ```
///
/// A group is what belongs together: the two answers of a pair, several answers to one prompt, or one sequence alone.
/// Each rest continues the common beginning: in position, and in what its tokens see. A row of the beginning thus
/// stands for a token of every sequence of its group, and its gradient is the sum of theirs; it is computed once,
/// forward and backward. The last common row predicts a token of each. If the answers themselves begin alike, those
/// tokens are common, too.
///
/// Nothing of this changes a result but for rounding, and the masks of adapter dropout: a token read once is dropped
/// out once, for all of its group.
public final class Packed {

    /// Where a sequence lies.
    ///
    /// @param group first row of its group
    /// @param rest first row of what only it has
    /// @param common tokens it shares with its group
    private record Place(int group, int rest, int common) {}

    private final List<LabelledTokens> sequences;
    private final List<Place> places; // of each sequence
    private final int[] first; // first sequence of each branch, and the number of all
    private final TokenBatch tokens;

    private Packed(List<LabelledTokens> sequences, List<Place> places, int[] first, TokenBatch tokens) {
        this.sequences = sequences;
        this.places = places;
        this.first = first;
        this.tokens = tokens;
    }

    /// Lays out `groups`.
    ///
    /// @param groups none of them empty
    /// @param shareBeginnings whether a common beginning is read once; otherwise once for each sequence, as if they
    ///     had nothing to do with each other
    public static Packed of(List<List<LabelledTokens>> groups, boolean shareBeginnings) {
        Rows rows = new Rows();
        List<List<Place>> places = new ArrayList<>();
        for (List<LabelledTokens> group : groups) places.add(rows.add(group, shareBeginnings));
        int branches = groups.stream().mapToInt(List::size).max().orElse(0);
        List<LabelledTokens> sequences = new ArrayList<>();
        List<Place> all = new ArrayList<>();
        int[] first = new int[branches + 1];
        for (int b = 0; b < branches; b++) {
            for (int g = 0; g < groups.size(); g++) {
                if (groups.get(g).size() <= b) continue;
                sequences.add(groups.get(g).get(b));
                all.add(places.get(g).get(b));
            }
            first[b + 1] = sequences.size();
        }
        return new Packed(List.copyOf(sequences), List.copyOf(all), first, rows.batch());
    }

    /// Sequences that have nothing to do with each other.
    public static Packed apart(List<LabelledTokens> sequences) {
        return of(sequences.stream().map(List::of).toList(), false);
    }

    /// Pieces of token sequences, each with the one it continues.
    private static final class Rows {
        private final List<int[]> pieces = new ArrayList<>();
        private final List<Integer> parents = new ArrayList<>();
        private int count;

        /// Adds a group and says where its sequences lie.
        List<Place> add(List<LabelledTokens> group, boolean shareBeginnings) {
            int common = shareBeginnings ? common(group) : 0;
            int start = count;
            int beginning = -1;
            if (group.size() > 1) { // without a common beginning it is an empty piece
                add(Arrays.copyOf(group.getFirst().ids(), common), -1);
                beginning = common == 0 ? -1 : pieces.size() - 1;
            }
            List<Place> places = new ArrayList<>();
            for (LabelledTokens l : group) {
                places.add(new Place(start, count, common));
                add(Arrays.copyOfRange(l.ids(), common, l.tokens()), beginning);
            }
            return places;
        }

        private void add(int[] piece, int parent) {
            pieces.add(piece);
            parents.add(parent);
            count += piece.length;
        }

        TokenBatch batch() {
            return TokenBatch.branching(
                    pieces, parents.stream().mapToInt(Integer::intValue).toArray());
        }
    }

    /// Tokens that all sequences of a group begin with; 0 for a sequence alone, which shares with nobody.
    private static int common(List<LabelledTokens> group) {
        if (group.size() == 1) return 0;
        int[] a = group.getFirst().ids();
        int n = a.length;
        for (LabelledTokens other : group.subList(1, group.size())) {
            int differs = Arrays.mismatch(a, other.ids());
            if (differs >= 0) n = Math.min(n, differs);
        }
        return n;
    }

    /// What the model reads.
    public TokenBatch tokens() {
        return tokens;
    }

    /// All sequences: the first of every group, then the second of every group that has one, and so on.
    public List<LabelledTokens> sequences() {
        return sequences;
    }

    /// Number of sequences of the largest group.
    public int branches() {
        return first.length - 1;
    }

    /// Number of the first sequence of branch `branch`; of all sequences for `branches()` and beyond.
    public int firstOf(int branch) {
        return first[Math.min(branch, branches())];
    }

    /// Row of `tokens` where token `token` of sequence `sequence` stands; sequences are numbered as in `sequences`.
    public int row(int sequence, int token) {
        Place p = places.get(sequence);
        return token < p.common() ? p.group() + token : p.rest() + token - p.common();
    }
}
