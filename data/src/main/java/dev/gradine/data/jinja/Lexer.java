package dev.gradine.data.jinja;

import dev.gradine.data.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/// Cuts a template into text and tags and decides which white space between them stays.
///
/// In a dialect that trims: `trim_blocks` (a newline right after `%}` or `#}` goes), `lstrip_blocks`
/// (blanks between the start of a line and `{%` or `{#` go), one newline at the end of the template
/// goes. In any dialect a `-` inside a tag removes all white space on that side, a `+` keeps it.
final class Lexer {
    private final String name;
    private final String source;
    private final boolean trims;
    private final List<Token> out = new ArrayList<>();
    private int at;
    private int line = 1;
    /// Whether the text now being read begins a line: no tag stands before it on the line.
    private boolean lineStart = true;

    private Lexer(String name, String source, boolean trims) {
        this.name = name;
        this.trims = trims;
        String unix = source.replace("\r\n", "\n").replace('\r', '\n');
        this.source = trims && unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix;
    }

    static List<Token> read(String name, String source, boolean trims) {
        var lexer = new Lexer(name, source, trims);
        while (lexer.at < lexer.source.length()) lexer.next();
        lexer.out.add(new Token(Kind.END, "", lexer.line));
        return lexer.out;
    }

    private void next() {
        int tag = nextTag();
        if (tag < 0) {
            data(source.substring(at));
            at = source.length();
            return;
        }
        char kind = source.charAt(tag + 1);
        char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
        String text = source.substring(at, tag);
        data(kept(text, kind, sign));
        skipLines(text);
        at = tag + 2 + (sign == '-' || sign == '+' ? 1 : 0);
        switch (kind) {
            case '#' -> comment();
            case '{' -> tag(Kind.OUTPUT_BEGIN, Kind.OUTPUT_END, "}}");
            default -> {
                if (!raw()) tag(Kind.BLOCK_BEGIN, Kind.BLOCK_END, "%}");
            }
        }
        lineStart = at > 0 && source.charAt(at - 1) == '\n';
    }

    private int nextTag() {
        for (int i = source.indexOf('{', at); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char c = source.charAt(i + 1);
            if (c == '{' || c == '%' || c == '#') return i;
        }
        return -1;
    }

    /// What stays of the text before a tag.
    private String kept(String text, char kind, char sign) {
        if (sign == '-') return PyStrings.rstrip(text);
        if (!trims || kind == '{' || sign == '+') return text;
        int from = text.lastIndexOf('\n') + 1;
        boolean blank = PyStrings.isBlank(text.substring(from));
        return blank && (from > 0 || lineStart) ? text.substring(0, from) : text;
    }

    private void data(String text) {
        if (!text.isEmpty()) out.add(new Token(Kind.DATA, text, line));
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) throw new TemplateException(name, line, "comment is not closed, expected '#}'");
        skipLines(source.substring(at, end));
        boolean minus = end > at && source.charAt(end - 1) == '-';
        boolean plus = end > at && source.charAt(end - 1) == '+';
        at = end + 2;
        afterBlock(minus, plus);
    }

    private void tag(Kind begin, Kind end, String close) {
        out.add(new Token(begin, "", line));
        var words = new TagLexer(name, source, at, line, close);
        out.addAll(words.read());
        line = words.line();
        out.add(new Token(end, "", line));
        at = words.end();
        boolean minus = words.closedBy() == '-';
        if (end == Kind.BLOCK_END) afterBlock(minus, words.closedBy() == '+');
        else if (minus) skipSpace();
    }

    private void afterBlock(boolean minus, boolean plus) {
        if (minus) {
            skipSpace();
        } else if (trims && !plus && at < source.length() && source.charAt(at) == '\n') {
            at++;
            line++;
        }
    }

    private void skipSpace() {
        int from = at;
        while (at < source.length() && PyStrings.isSpace(source.charAt(at))) at++;
        skipLines(source.substring(from, at));
    }

    private void skipLines(String text) {
        for (int i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) line++;
    }

    /// Reads `{% raw %} … {% endraw %}` if it stands here.
    private boolean raw() {
        var open = RawTag.match(source, at, "raw");
        if (open.end() < 0) return false;
        at = open.end();
        afterBlock(open.minus(), false);
        for (int i = source.indexOf("{%", at); i >= 0; i = source.indexOf("{%", i + 1)) {
            char sign = i + 2 < source.length() ? source.charAt(i + 2) : ' ';
            var close = RawTag.match(source, i + 2 + (sign == '-' || sign == '+' ? 1 : 0), "endraw");
            if (close.end() < 0) continue;
            String text = source.substring(at, i);
            lineStart = at > 0 && source.charAt(at - 1) == '\n';
            data(kept(text, '%', sign));
            skipLines(text);
            at = close.end();
            afterBlock(close.minus(), close.plus());
            return true;
        }
        throw new TemplateException(name, line, "raw block is not closed, expected '{% endraw %}'");
    }

    /// Where a `raw` or `endraw` tag ends; -1 where there is none.
    private record RawTag(int end, boolean minus, boolean plus) {
        static RawTag match(String s, int at, String word) {
            int i = blanks(s, at);
            if (!s.startsWith(word, i)) return new RawTag(-1, false, false);
            i = blanks(s, i + word.length());
            boolean minus = s.startsWith("-", i);
            boolean plus = s.startsWith("+", i);
            if (minus || plus) i++;
            return new RawTag(s.startsWith("%}", i) ? i + 2 : -1, minus, plus);
        }

        private static int blanks(String s, int i) {
            int at = i;
            while (at < s.length() && PyStrings.isSpace(s.charAt(at))) at++;
            return at;
        }
    }
}
