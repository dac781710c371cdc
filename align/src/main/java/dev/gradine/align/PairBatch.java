package dev.gradine.align;

import dev.gradine.nn.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Preference pairs laid out for one forward pass, in which what both answers of a pair begin with stands once.
///
/// ```
/// rows of a pair:    common beginning | rest of the chosen | rest of the rejected
/// sequences:         chosen of pair 0 … B−1, then rejected of pair 0 … B−1
/// ```
///
/// Both rests continue the common beginning: in position, and in what their tokens see. A row of the beginning thus
/// stands for a token of either answer, and its gradient is the sum of theirs; all of it is computed once, forward and
/// backward. The last common row predicts a token of both answers. If the answers themselves begin alike, those tokens
/// are common, too.
///
/// Nothing of this changes a result but for rounding, and the masks of adapter dropout: a token read once is dropped
/// out once, for both answers.
public final class PairBatch {

    /// What becomes of the tokens that both answers of a pair begin with.
    public enum Prompts {
        /// They are read once.
        SHARED,
        /// They are read once for each answer, as if the two had nothing to do with each other.
        REPEATED
    }

    private final List<LabelledPair> pairs;
    private final int[] start; // first row of each pair
    private final int[] common; // tokens the two answers of each pair share
    private final TokenBatch tokens;

    private PairBatch(List<LabelledPair> pairs, int[] start, int[] common, TokenBatch tokens) {
        this.pairs = pairs;
        this.start = start;
        this.common = common;
        this.tokens = tokens;
    }

    /// Lays out `pairs`.
    public static PairBatch of(List<LabelledPair> pairs, Prompts prompts) {
        int b = pairs.size();
        int[] start = new int[b];
        int[] common = new int[b];
        List<int[]> pieces = new ArrayList<>(3 * b);
        int[] parent = new int[3 * b];
        int row = 0;
        for (int i = 0; i < b; i++) {
            int[] chosen = pairs.get(i).chosen().ids();
            int[] rejected = pairs.get(i).rejected().ids();
            int n = prompts == Prompts.SHARED ? common(chosen, rejected) : 0;
            pieces.add(Arrays.copyOf(chosen, n));
            pieces.add(Arrays.copyOfRange(chosen, n, chosen.length));
            pieces.add(Arrays.copyOfRange(rejected, n, rejected.length));
            parent[3 * i] = -1;
            Arrays.fill(parent, 3 * i + 1, 3 * i + 3, n == 0 ? -1 : 3 * i);
            common[i] = n;
            start[i] = row;
            row += chosen.length + rejected.length - n;
        }
        return new PairBatch(List.copyOf(pairs), start, common, TokenBatch.branching(pieces, parent));
    }

    private static int common(int[] a, int[] b) {
        int first = Arrays.mismatch(a, b);
        return first < 0 ? a.length : first;
    }

    /// The pairs.
    public List<LabelledPair> pairs() {
        return pairs;
    }

    /// What the model reads.
    public TokenBatch tokens() {
        return tokens;
    }

    /// The chosen sequences, then the rejected ones: 2 · B of them.
    public List<Labelled> sequences() {
        List<Labelled> all = new ArrayList<>(2 * pairs.size());
        for (LabelledPair p : pairs) all.add(p.chosen());
        for (LabelledPair p : pairs) all.add(p.rejected());
        return all;
    }

    /// Row of `tokens` where token `token` of sequence `sequence` stands; sequences are numbered as in `sequences`.
    public int row(int sequence, int token) {
        int i = sequence % pairs.size();
        boolean chosen = sequence < pairs.size();
        if (chosen || token < common[i]) return start[i] + token;
        return start[i] + pairs.get(i).chosen().tokens() + token - common[i];
    }
}
