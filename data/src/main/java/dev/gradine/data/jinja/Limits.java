package dev.gradine.data.jinja;

/// What one rendering may spend.
///
/// @param depth nesting of expressions, statements and macro calls
/// @param steps expressions and statements evaluated
/// @param chars length of the output and of any string on the way to it, UTF-16 units
public record Limits(int depth, long steps, int chars) {
    /// Longest list a template may build.
    static final int ITEMS = 1_000_000;

    /// Far above what the largest real template needs for a thousand turns, far below what hurts.
    public static Limits defaults() {
        return new Limits(400, 10_000_000, 1 << 25);
    }
}
