package dev.gradine.data.token;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The most probable pieces of a text by a unigram model.
///
/// ```
/// best(0) = 0        best(e) = max over pieces p = text[s, e) of best(s) + score(p)
/// ```
///
/// Kudo 2018 (arXiv:1804.10959), section 3.2: the Viterbi algorithm. A character that is no piece counts as one of
/// the lowest score less 10; a user-defined symbol counts as 0.1 below the best score a byte can have, so that it is
/// always taken, as in SentencePiece. Sums are f32, as there. O(n · longest piece).
final class BestPath {
    private static final float UNKNOWN_PENALTY = 10;

    private final PieceTable pieces;
    private final int longest;
    private final float unknown;
    private final float most;

    BestPath(PieceTable pieces) {
        this.pieces = pieces;
        int units = 1;
        float least = Float.MAX_VALUE;
        float top = Float.MIN_NORMAL;
        for (int id = 0; id < pieces.size(); id++) {
            units = Math.max(units, pieces.piece(id).length());
            if (pieces.kind(id) != PieceTable.NORMAL) continue;
            least = Math.min(least, pieces.score(pieces.piece(id)));
            top = Math.max(top, pieces.score(pieces.piece(id)));
        }
        this.longest = units;
        this.unknown = least - UNKNOWN_PENALTY;
        this.most = top;
    }

    /// The stretches `{start, end}` of the text.
    List<int[]> of(String text) {
        int n = text.length();
        float[] best = new float[n + 1];
        int[] from = new int[n + 1];
        Arrays.fill(from, -1);
        from[0] = 0;
        for (int s = 0; s < n; s += Character.charCount(text.codePointAt(s))) {
            int point = s + Character.charCount(text.codePointAt(s));
            boolean alone = false;
            for (int e = point; e <= Math.min(n, s + longest); e++) {
                String piece = text.substring(s, e);
                if (!pieces.isText(piece)) continue;
                alone |= e == point;
                offer(best, from, s, e, score(piece));
            }
            if (!alone) offer(best, from, s, point, unknown);
        }
        List<int[]> out = new ArrayList<>();
        for (int e = n; e > 0; e = from[e]) out.add(new int[] {from[e], e});
        return out.reversed();
    }

    private float score(String piece) {
        boolean symbol = pieces.kind(pieces.id(piece)) == PieceTable.USER_DEFINED;
        return symbol ? (float) (piece.getBytes(UTF_8).length * most - 0.1) : pieces.score(piece);
    }

    private static void offer(float[] best, int[] from, int s, int e, float score) {
        float sum = best[s] + score;
        if (from[e] >= 0 && sum <= best[e]) return;
        best[e] = sum;
        from[e] = s;
    }
}
