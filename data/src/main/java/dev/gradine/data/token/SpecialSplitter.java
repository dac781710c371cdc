package dev.gradine.data.token;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Cuts a text at the special tokens written in it, the longest first where several start at one place.
final class SpecialSplitter {
    private final Map<Character, List<String>> byFirst = new HashMap<>();

    SpecialSplitter(List<String> specials) {
        for (String s : specials)
            byFirst.computeIfAbsent(s.charAt(0), _ -> new ArrayList<>()).add(s);
        for (List<String> l : byFirst.values())
            l.sort(Comparator.comparingInt(String::length).reversed());
    }

    /// A stretch of the text.
    ///
    /// @param start first UTF-16 unit
    /// @param end one past the last
    /// @param special whether it is exactly a special token
    record Part(int start, int end, boolean special) {
        String text(String whole) {
            return whole.substring(start, end);
        }
    }

    List<Part> split(String text) {
        List<Part> out = new ArrayList<>();
        int from = 0;
        int i = 0;
        while (i < text.length()) {
            int length = match(text, i);
            if (length == 0) {
                i++;
                continue;
            }
            if (i > from) out.add(new Part(from, i, false));
            out.add(new Part(i, i + length, true));
            i += length;
            from = i;
        }
        if (from < text.length()) out.add(new Part(from, text.length(), false));
        return out;
    }

    /// How many UTF-16 units the longest of them that begins at `at` has; 0 if none does.
    int match(String text, int at) {
        for (String s : byFirst.getOrDefault(text.charAt(at), List.of())) if (text.startsWith(s, at)) return s.length();
        return 0;
    }
}
