package dev.gradine.data.jinja;

import java.util.BitSet;
import java.util.Locale;
import java.util.function.IntPredicate;

/// Python's notions of white space, stripping and replacing, by code point.
final class PyStrings {
    /// Characters beyond which a set is looked up in a table.
    private static final int FEW = 16;

    private PyStrings() {}

    static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
    }

    static boolean isBlank(String s) {
        return s.codePoints().allMatch(PyStrings::isSpace);
    }

    static String rstrip(String s) {
        return s.substring(0, stripEnd(s, 0, PyStrings::isSpace));
    }

    /// Strips from the left, the right or both whatever `chars` contains; white space if `chars` is `None`.
    static String strip(String s, Object chars, boolean left, boolean right, Budget budget) {
        IntPredicate goes = chars instanceof String set ? among(set) : PyStrings::isSpace;
        int from = 0;
        while (left && from < s.length() && goes.test(s.codePointAt(from))) {
            from += Character.charCount(s.codePointAt(from));
        }
        int to = right ? stripEnd(s, from, goes) : s.length();
        budget.compare(s.length() - (to - from));
        budget.text(to - from);
        return s.substring(from, to);
    }

    private static IntPredicate among(String set) {
        if (set.length() <= FEW) return c -> set.indexOf(c) >= 0;
        var table = new BitSet();
        set.codePoints().forEach(table::set);
        return table::get;
    }

    private static int stripEnd(String s, int from, IntPredicate goes) {
        int to = s.length();
        while (to > from && goes.test(s.codePointBefore(to))) to -= Character.charCount(s.codePointBefore(to));
        return to;
    }

    /// `str.replace`; `count` below 0 means all.
    static String replace(String s, String old, String with, int count, Budget budget) {
        if (old.isEmpty()) return interleave(s, with, count, budget);
        var out = new BoundedText(budget);
        int from = 0;
        for (int done = 0; count < 0 || done < count; done++) {
            int i = Search.first(s, old, from, budget);
            if (i < 0) break;
            out.append(s, from, i).append(with);
            from = i + old.length();
        }
        return out.append(s, from, s.length()).toString();
    }

    /// `with` before every character and at the end: what replacing nothing means.
    private static String interleave(String s, String with, int count, Budget budget) {
        var out = new BoundedText(budget);
        int from = 0;
        for (int done = 0; count < 0 || done < count; done++) {
            out.append(with);
            if (from == s.length()) break;
            int next = s.offsetByCodePoints(from, 1);
            out.append(s, from, next);
            from = next;
        }
        return out.append(s, from, s.length()).toString();
    }

    static String upper(String s) {
        return s.toUpperCase(Locale.ROOT);
    }

    static String lower(String s) {
        return s.toLowerCase(Locale.ROOT);
    }
}
