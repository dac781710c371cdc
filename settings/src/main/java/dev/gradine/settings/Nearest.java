package dev.gradine.settings;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// The name somebody may have meant.
public final class Nearest {

    private Nearest() {}

    /// `; did you mean rank?` for `rnak`; empty where no name is near.
    static String hint(String typed, Collection<String> names) {
        return of(typed, names).map(n -> "; did you mean " + n + "?").orElse("");
    }

    /// The name that `typed` is a slip of: at most a quarter of its letters and one more differ.
    public static Optional<String> of(String typed, Collection<String> names) {
        return names.stream()
                .min(Comparator.comparingInt(n -> distance(typed, n)))
                .filter(n -> distance(typed, n) <= 1 + typed.length() / 4);
    }

    /// Least number of letters put in, left out, changed or swapped with their neighbour that makes `b` of `a`: the
    /// optimal string alignment distance.
    ///
    /// ```
    /// d(i, j) = min(d(i−1, j) + 1, d(i, j−1) + 1, d(i−1, j−1) + [aᵢ ≠ bⱼ], d(i−2, j−2) + 1 if swapped)
    /// ```
    static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) d[i][j] = i == 0 || j == 0 ? i + j : step(d, a, b, i, j);
        }
        return d[a.length()][b.length()];
    }

    private static int step(int[][] d, String a, String b, int i, int j) {
        int changed = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + changed);
        boolean swapped = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return swapped ? Math.min(least, d[i - 2][j - 2] + 1) : least;
    }
}
