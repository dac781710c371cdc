package dev.gradine.train.preview;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// How many rows there are of each length.
///
/// @param bars in order of length
/// @param median length
/// @param limit where rows are cut
record Histogram(List<Bar> bars, int median, int limit) {

    private static final int MOST_BARS = 12;

    /// Rows of `from` to `to` tokens.
    record Bar(int from, int to, int rows) {}

    static Histogram of(List<Integer> lengths, int limit) {
        if (lengths.isEmpty()) return new Histogram(List.of(), 0, limit);
        List<Integer> sorted = lengths.stream().sorted().toList();
        int longest = sorted.getLast();
        int width = width(longest);
        int[] rows = new int[longest / width + 1];
        for (int length : sorted) rows[length / width]++;
        List<Bar> bars = new ArrayList<>();
        for (int i = sorted.getFirst() / width; i < rows.length; i++) {
            bars.add(new Bar(i * width, (i + 1) * width - 1, rows[i]));
        }
        return new Histogram(Collections.unmodifiableList(bars), sorted.get(sorted.size() / 2), limit);
    }

    /// A power of two, so that there are few bars.
    private static int width(int longest) {
        int width = 1;
        while (longest / width >= MOST_BARS) width *= 2;
        return width;
    }

    int most() {
        return bars.stream().mapToInt(Bar::rows).max().orElse(0);
    }
}
