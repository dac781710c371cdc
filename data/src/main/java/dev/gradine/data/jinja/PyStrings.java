package dev.gradine.data.jinja;

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
