package dev.gradine.arch;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A comment as it stands in a file.
///
/// @param line where it starts, counted from 1
/// @param text without the comment signs
/// @param doc whether the documentation tool reads it
record Comment(long line, String text, boolean doc) {

    /// Strings come first, so that comment signs inside them are not taken for comments. No alternative is repeated
    /// once per character: the matcher would need a stack frame for each.
    private static final String TEXT_BLOCK = "\"\"\".*?(?<!\\\\)\"\"\"";

    private static final String STRING = "\"[^\"\\\\\\n]*+(?:\\\\.[^\"\\\\\\n]*+)*+\"";
    private static final String CHARACTER = "'\\\\?.[^'\\n]*+'";
    private static final Pattern TOKEN = Pattern.compile(
            TEXT_BLOCK + "|" + STRING + "|" + CHARACTER + "|(?<comment>/\\*.*?\\*/|//[^\\n]*)", Pattern.DOTALL);

    /// All comments of a Java file in order.
    static List<Comment> in(String java) {
        List<Comment> comments = new ArrayList<>();
        Matcher m = TOKEN.matcher(java);
        long line = 1;
        int seen = 0;
        while (m.find()) {
            line += lineBreaks(java, seen, m.start());
            seen = m.start();
            if (m.group("comment") != null) comments.add(of(line, m.group("comment")));
        }
        return comments;
    }

    private static Comment of(long line, String raw) {
        boolean doc = raw.startsWith("///") || raw.startsWith("/**");
        String text = raw.startsWith("//") ? raw.replaceFirst("^/+", "") : raw.replaceAll("^/\\*+|\\*/$", "");
        return new Comment(line, text.strip(), doc);
    }

    private static long lineBreaks(String text, int from, int to) {
        return text.substring(from, to).chars().filter(c -> c == '\n').count();
    }
}
