package dev.gradine.cuda.sim.ptx;

import java.util.ArrayList;
import java.util.List;

/// The words of a PTX text with their lines, and a place among them.
///
/// A word is a name with its dots (`ld.global.f32`, `%tid.x`, `.shared::cta`), a number, a quoted text, or one other
/// character. Comments and white space are between words.
final class Tokens {

    /// Far above any kernel; a text that is larger is refused before it is read.
    static final int MAX_CHARACTERS = 64 << 20;

    /// @param at place of its first character in the text
    record Token(String text, int line, int at) {}

    private final String file;
    private final String text;
    private final List<Token> tokens = new ArrayList<>();
    private int next;

    Tokens(String file, String text) {
        this.file = file;
        this.text = text;
        if (text.length() > MAX_CHARACTERS) {
            throw new PtxException(file, 1, text.length() + " characters, expected <= " + MAX_CHARACTERS);
        }
        read();
    }

    private void read() {
        int line = 1;
        int i = 0;
        while (i < text.length()) {
            int end = wordEnd(i, line);
            char c = text.charAt(i);
            boolean comment = text.startsWith("//", i) || text.startsWith("/*", i);
            if (!comment && !Character.isWhitespace(c)) tokens.add(new Token(text.substring(i, end), line, i));
            for (; i < end; i++) if (text.charAt(i) == '\n') line++;
        }
        tokens.add(new Token("", line, text.length()));
    }

    private int wordEnd(int i, int line) {
        if (text.startsWith("//", i)) return endOf("\n", i, text.length());
        if (text.startsWith("/*", i)) return endOf("*/", i + 2, -1, line);
        if (text.charAt(i) == '"') return endOf("\"", i + 1, -1, line);
        int end = i;
        while (end < text.length() && (inWord(text.charAt(end)) || isScope(end))) end += isScope(end) ? 2 : 1;
        return Math.max(end, i + 1);
    }

    private int endOf(String mark, int from, int otherwise) {
        int at = text.indexOf(mark, from);
        return at < 0 ? otherwise : at + mark.length();
    }

    private int endOf(String mark, int from, int otherwise, int line) {
        int end = endOf(mark, from, otherwise);
        if (end < 0) throw new PtxException(file, line, "the text ends, expected " + mark);
        return end;
    }

    private boolean isScope(int i) {
        return text.startsWith("::", i);
    }

    private static boolean inWord(char c) {
        return (c < 128 && Character.isLetterOrDigit(c)) || c == '_' || c == '$' || c == '%' || c == '.';
    }

    String file() {
        return file;
    }

    /// The next word, empty at the end of the text.
    String peek() {
        return tokens.get(next).text();
    }

    /// The word after the next one.
    String peekSecond() {
        return tokens.get(Math.min(next + 1, tokens.size() - 1)).text();
    }

    /// Line of the next word.
    int line() {
        return tokens.get(next).line();
    }

    boolean atEnd() {
        return next == tokens.size() - 1;
    }

    /// Back to the first word.
    void rewind() {
        next = 0;
    }

    /// Takes the next word.
    String take() {
        if (atEnd()) throw error("the text ends in the middle of something");
        return tokens.get(next++).text();
    }

    /// Takes the next word if it is `word`.
    boolean accept(String word) {
        boolean is = peek().equals(word);
        if (is) next++;
        return is;
    }

    void expect(String word) {
        if (!accept(word)) throw error("'" + peek() + "', expected '" + word + "'");
    }

    /// The text from the word numbered `from` to the last one taken, on one line.
    String since(int from) {
        Token last = tokens.get(next - 1);
        String raw =
                text.substring(tokens.get(from).at(), last.at() + last.text().length());
        return raw.replaceAll("\\s+", " ");
    }

    int position() {
        return next;
    }

    /// Takes everything that stands on the line of the next word.
    List<String> takeLine() {
        List<String> words = new ArrayList<>();
        int line = line();
        while (!atEnd() && line() == line) words.add(take());
        return words;
    }

    /// Takes everything from `{` to the `}` that belongs to it.
    void skipBraces() {
        expect("{");
        int depth = 1;
        while (depth > 0) {
            String word = take();
            if (word.equals("{")) depth++;
            if (word.equals("}")) depth--;
        }
    }

    PtxException error(String what) {
        return new PtxException(file, line(), what);
    }
}
