package dev.gradine.data.jinja;

import java.util.ArrayList;
import java.util.List;

/// Python's `split`, `rsplit` and `splitlines`. The time is linear in the text.
///
/// @param s what is split
/// @param budget pays for the parts
record Split(String s, Budget budget) {

    /// Parts between separators; `max` below 0 means no bound, `None` means runs of white space.
    List<Object> by(Object separator, int max) {
        if (separator == None.NONE) return words(max);
        String sep = checked(separator);
        List<Object> out = new ArrayList<>();
        int from = 0;
        while (max < 0 || out.size() < max) {
            int i = Search.first(s, sep, from, budget);
            if (i < 0) break;
            add(out, from, i);
            from = i + sep.length();
        }
        add(out, from, s.length());
        return out;
    }

    /// The same, with the bound counted from the right.
    List<Object> fromRight(Object separator, int max) {
        if (separator == None.NONE) return wordsFromRight(max);
        String sep = checked(separator);
        List<Object> out = new ArrayList<>();
        int to = s.length();
        while (max < 0 || out.size() < max) {
            int i = Search.last(s, sep, to - sep.length(), budget);
            if (i < 0) break;
            add(out, i + sep.length(), to);
            to = i;
        }
        add(out, 0, to);
        return out.reversed();
    }

    private static String checked(Object separator) {
        if (!(separator instanceof String sep)) throw new Fault("must be str or None, not " + Values.type(separator));
        if (sep.isEmpty()) throw new Fault("empty separator");
        return sep;
    }

    private List<Object> words(int max) {
        budget.compare(s.length());
        List<Object> out = new ArrayList<>();
        int from = skip(0, true);
        while (from < s.length()) {
            int to = max >= 0 && out.size() >= max ? s.length() : skip(from, false);
            add(out, from, to);
            from = skip(to, true);
        }
        return out;
    }

    private List<Object> wordsFromRight(int max) {
        budget.compare(s.length());
        List<Object> out = new ArrayList<>();
        int to = skipBack(s.length(), true);
        while (to > 0) {
            int from = max >= 0 && out.size() >= max ? 0 : skipBack(to, false);
            add(out, from, to);
            to = skipBack(from, true);
        }
        return out.reversed();
    }

    /// The first place at or after `from` that is no space, or is one.
    private int skip(int from, boolean space) {
        int i = from;
        while (i < s.length() && PyStrings.isSpace(s.charAt(i)) == space) i++;
        return i;
    }

    private int skipBack(int to, boolean space) {
        int i = to;
        while (i > 0 && PyStrings.isSpace(s.charAt(i - 1)) == space) i--;
        return i;
    }

    /// Lines, with or without what ends them.
    List<Object> lines(boolean keepEnds) {
        budget.compare(s.length());
        List<Object> out = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            boolean ends =
                    (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
            if (!ends) continue;
            int next = c == '\r' && s.startsWith("\n", i + 1) ? i + 2 : i + 1;
            add(out, from, keepEnds ? next : i);
            from = next;
            i = next - 1;
        }
        if (from < s.length()) add(out, from, s.length());
        return out;
    }

    private void add(List<Object> out, int from, int to) {
        budget.text(to - from);
        out.add(s.substring(from, to));
    }
}
