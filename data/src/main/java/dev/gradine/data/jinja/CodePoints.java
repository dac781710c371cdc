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

    /// Every `step`-th character from number `from` to before number `to`, to which a negative `step` goes down.
    String every(int step, int from, int to) {
        budget.compare(s.length());
        var out = new BoundedText(budget);
        int at = from == to ? 0 : unit(0, Math.max(from, 0));
        for (long i = from; step > 0 ? i < to : i > to; i += step) {
            out.appendCodePoint(s.codePointAt(at));
            boolean more = step > 0 ? i + step < to : i + step > to;
            if (more) at = unit(at, step);
        }
        return out.toString();
    }

    private int unit(int at, int points) {
        return count == s.length() ? at + points : s.offsetByCodePoints(at, points);
    }
}
