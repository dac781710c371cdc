package dev.gradine.data.token;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/// One run of score-driven merging over one text: a linked list of stretches and a queue of candidate pairs.
///
/// Stale candidates are recognised by their length when they come out of the queue. O(n log n) for n characters.
final class ScoreMerge {
    private final String text;
    private final PieceTable pieces;
    private final BitSet whole;
    private final int[] start;
    private final int[] end;
    private final int[] previous;
    private final int[] next;
    private final int count;
    private final PriorityQueue<Pair> queue = new PriorityQueue<>(
            Comparator.comparingDouble((Pair p) -> 0.0 - p.score).thenComparingInt(p -> p.left));

    /// A candidate: two neighbours and what they spanned when it was found.
    private record Pair(int left, int right, int from, int to, float score) {}

    /// @param units the stretches `{start, end}` that merging begins with, one after the other
    /// @param whole which of them stay as they are
    ScoreMerge(String text, PieceTable pieces, List<int[]> units, BitSet whole) {
        this.text = text;
        this.pieces = pieces;
        this.whole = whole;
        this.count = units.size();
        this.start = new int[count];
        this.end = new int[count];
        this.previous = new int[count];
        this.next = new int[count];
        for (int i = 0; i < count; i++) {
            start[i] = units.get(i)[0];
            end[i] = units.get(i)[1];
            previous[i] = i - 1;
            next[i] = i + 1 < count ? i + 1 : -1;
        }
    }

    /// The stretches `{start, end}` of the text that are left when nothing merges any more.
    List<int[]> merge() {
        for (int i = 0; i + 1 < count; i++) offer(i, i + 1);
        for (Pair p = queue.poll(); p != null; p = queue.poll()) {
            boolean stale = start[p.left] != p.from || end[p.left] != start[p.right] || end[p.right] != p.to;
            if (stale || next[p.left] != p.right) continue;
            end[p.left] = end[p.right];
            start[p.right] = -1;
            next[p.left] = next[p.right];
            if (next[p.left] >= 0) previous[next[p.left]] = p.left;
            if (previous[p.left] >= 0) offer(previous[p.left], p.left);
            if (next[p.left] >= 0) offer(p.left, next[p.left]);
        }
        List<int[]> out = new ArrayList<>();
        for (int i = count > 0 ? 0 : -1; i >= 0; i = next[i]) out.add(new int[] {start[i], end[i]});
        return out;
    }

    private void offer(int left, int right) {
        if (whole.get(left) || whole.get(right)) return;
        String joined = text.substring(start[left], end[right]);
        if (pieces.isText(joined)) queue.add(new Pair(left, right, start[left], end[right], pieces.score(joined)));
    }
}
