package dev.gradine.nn;

import java.util.Arrays;
import java.util.List;

/// Which expert computes which rows: rows are sorted by expert, those of one lie together.
///
/// @param starts first row of each expert, and behind them the number of rows
/// @param tokens of the pass, which have several rows each
public record ExpertRows(List<Integer> starts, int tokens) {

    /// Number of experts E.
    public int experts() {
        return starts.size() - 1;
    }

    /// Number of rows M.
    public int count() {
        return starts.getLast();
    }

    /// First row of expert `e`.
    public int from(int e) {
        return starts.get(e);
    }

    /// The row behind the last of expert `e`.
    public int to(int e) {
        return starts.get(e + 1);
    }

    /// The expert of each row.
    int[] expertOfRow() {
        int[] expert = new int[count()];
        for (int e = 0; e < experts(); e++) Arrays.fill(expert, from(e), to(e), e);
        return expert;
    }

    /// Whether expert `e` has no row.
    public boolean isIdle(int e) {
        return from(e) == to(e);
    }
}
