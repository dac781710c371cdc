package dev.gradine.data.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntPredicate;

/// Python's notions of white space, stripping, splitting and letter case, by code point.
final class PyStrings {
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
    static String strip(String s, Object chars, boolean left, boolean right) {
        IntPredicate goes = chars instanceof String set ? c -> set.indexOf(c) >= 0 : PyStrings::isSpace;
        int from = 0;
        while (left && from < s.length() && goes.test(s.codePointAt(from))) {
            from += Character.charCount(s.codePointAt(from));
        }
        return s.substring(from, right ? stripEnd(s, from, goes) : s.length());
    }

    private static int stripEnd(String s, int from, IntPredicate goes) {
        int to = s.length();
        while (to > from && goes.test(s.codePointBefore(to))) to -= Character.charCount(s.codePointBefore(to));
        return to;
    }

    /// `str.split` and `str.rsplit`; `max` below 0 means no bound.
    static List<Object> split(String s, Object separator, int max, boolean fromRight) {
        if (separator == None.NONE) return splitSpace(s, max, fromRight);
        if (!(separator instanceof String sep) || sep.isEmpty()) throw new Fault("split: separator is empty");
        List<Object> out = new ArrayList<>();
        String rest = s;
        while (max < 0 || out.size() < max) {
            int i = fromRight ? rest.lastIndexOf(sep) : rest.indexOf(sep);
            if (i < 0) break;
            if (fromRight) out.addFirst(rest.substring(i + sep.length()));
            else out.add(rest.substring(0, i));
            rest = fromRight ? rest.substring(0, i) : rest.substring(i + sep.length());
        }
        if (fromRight) out.addFirst(rest);
        else out.add(rest);
        return out;
    }

    private static List<Object> splitSpace(String s, int max, boolean fromRight) {
        List<Object> out = new ArrayList<>();
        String rest = strip(s, None.NONE, true, true);
        while (!rest.isEmpty()) {
            int i = max >= 0 && out.size() >= max ? -1 : spaceIn(rest, fromRight);
            if (fromRight) out.addFirst(rest.substring(i + 1));
            else out.add(i < 0 ? rest : rest.substring(0, i));
            if (i < 0) break;
            rest = strip(fromRight ? rest.substring(0, i) : rest.substring(i), None.NONE, true, true);
        }
        return out;
    }

    private static int spaceIn(String s, boolean fromRight) {
        for (int k = 0; k < s.length(); k++) {
            int i = fromRight ? s.length() - 1 - k : k;
            if (isSpace(s.charAt(i))) return i;
        }
        return -1;
    }

    static List<Object> splitLines(String s, boolean keepEnds) {
        List<Object> out = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            boolean ends =
                    (c >= '\n' && c <= '\r') || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
            if (!ends) continue;
            int next = c == '\r' && s.startsWith("\n", i + 1) ? i + 2 : i + 1;
            out.add(s.substring(from, keepEnds ? next : i));
            from = next;
            i = next - 1;
        }
        if (from < s.length()) out.add(s.substring(from));
        return out;
    }

    static String upper(String s) {
        return s.toUpperCase(Locale.ROOT);
    }

    static String lower(String s) {
        return s.toLowerCase(Locale.ROOT);
    }

    static String capitalize(String s) {
        if (s.isEmpty()) return s;
        int n = Character.charCount(s.codePointAt(0));
        return upper(s.substring(0, n)) + lower(s.substring(n));
    }

    /// `str.title`: every run of letters capitalised. With `wordsOnly`, Jinja's filter: words begin after a space,
    /// hyphen or opening bracket only.
    static String title(String s, boolean wordsOnly) {
        var sb = new StringBuilder();
        boolean start = true;
        for (int c : s.codePoints().toArray()) {
            String one = Character.toString(c);
            sb.append(start ? upper(one) : lower(one));
            start = wordsOnly ? isSpace(c) || "-({[<".indexOf(c) >= 0 : !Character.isLetter(c);
        }
        return sb.toString();
    }

    /// `str.replace`; `count` below 0 means all.
    static String replace(String s, String old, String with, int count, Budget budget) {
        var sb = new StringBuilder();
        int from = 0;
        for (int done = 0; count < 0 || done < count; done++) {
            int i = s.indexOf(old, from);
            if (i < 0 || (old.isEmpty() && i >= s.length() && done > s.length())) break;
            budget.text((long) sb.length() + with.length() > sb.capacity() ? sb.length() + with.length() : 0);
            sb.append(s, from, i).append(with);
            from = i + old.length();
            if (old.isEmpty()) {
                if (i >= s.length()) break;
                sb.append(s.charAt(i));
                from = i + 1;
            }
        }
        return sb.append(s.substring(from)).toString();
    }
}
