package dev.gradine.cli.chat;

import java.util.ArrayList;
import java.util.List;

/// Two texts side by side.
final class Columns {

    private static final String BETWEEN = " │ ";
    private static final int NARROWEST = 10;

    private Columns() {}

    /// Lines of both, with their titles above.
    ///
    /// @param width columns of the screen
    static String of(String leftTitle, String left, String rightTitle, String right, int width) {
        int each = Math.max(NARROWEST, (width - BETWEEN.length()) / 2);
        List<String> a = lines(left, each);
        List<String> b = lines(right, each);
        StringBuilder all = new StringBuilder(row(leftTitle, rightTitle, each));
        all.append("─".repeat(each)).append("─┼─").append("─".repeat(each)).append('\n');
        for (int i = 0; i < Math.max(a.size(), b.size()); i++) {
            all.append(row(i < a.size() ? a.get(i) : "", i < b.size() ? b.get(i) : "", each));
        }
        return all.toString();
    }

    private static String row(String left, String right, int each) {
        int pad = Math.max(0, each - left.codePointCount(0, left.length()));
        return (left + " ".repeat(pad) + BETWEEN + right).stripTrailing() + "\n";
    }

    /// A text in lines of at most `width` characters, cut between words where there are any.
    static List<String> lines(String text, int width) {
        List<String> all = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            String rest = line;
            while (rest.codePointCount(0, rest.length()) > width) {
                int end = rest.offsetByCodePoints(0, width);
                int space = rest.lastIndexOf(' ', end);
                int cut = space > 0 ? space : end;
                all.add(rest.substring(0, cut));
                rest = rest.substring(space > 0 ? cut + 1 : cut);
            }
            all.add(rest);
        }
        return all;
    }
}
