package dev.gradine.data.jinja;

/// A string by its characters as Python counts them: code points, not UTF-16 units.
final class CodePoints {
    private final String s;
    private final Budget budget;
    private final int count;

    CodePoints(String s, Budget budget) {
        this.s = s;
        this.budget = budget;
        budget.scan(s.length());
        count = s.codePointCount(0, s.length());
    }

    int count() {
        return count;
    }

    /// The characters from number `from` to before number `to`.
    String cut(int from, int to) {
        int start = unit(0, from);
        int end = unit(start, to - from);
        budget.text(end - start);
        return s.substring(start, end);
    }

    private int unit(int at, int points) {
        return count == s.length() ? at + points : s.offsetByCodePoints(at, points);
    }
}
